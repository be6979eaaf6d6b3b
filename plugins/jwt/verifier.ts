import { compactVerify, errors } from "jose";
import {
  type Claims,
  compileJtiKey,
  GatewayError,
  type Principal,
  Remembered,
  type RevocationQuery,
  revocationQuery,
  type Scope,
  tokenDigest,
  type WatchedFile,
  watchFile,
  wordsAt,
} from "../../src/plugin.ts";
import { type CheckClaims, compileClaimCheck } from "./claims.ts";
import { KeySetSource } from "./key-set-source.ts";
import { fingerprintOf, keyFiles, loadKeys, selectKeys, type VerificationKey } from "./keys.ts";
import { type JwtOptions, jwksOptions } from "./options.ts";
import { type ParsedToken, parseToken } from "./parse.ts";
import { invalidToken } from "./refusals.ts";

/** A token that is what it says, until it ends. Several requests share it. */
export interface VerifiedToken {
  readonly principal: Principal;
  readonly roles: readonly string[];
  /** Ms since 1970; the tolerance is in it. */
  readonly endsAtMs: number;
  /** Undefined where nothing can be revoked. */
  readonly query: RevocationQuery | undefined;
  /** What the store has said last; undefined before. */
  wasRevoked: boolean | undefined;
}

/** A token that was only looked at. */
export interface ExaminedToken {
  readonly token: VerifiedToken;
  readonly parsed: ParsedToken;
  /** Undefined: there was no key to tell by. */
  readonly isSigned: true | undefined;
}

/** Together they stay below 32 MB, by an estimate. */
const BOUNDS = { entries: 20_000, bytes: 33_554_432 };
/** Bytes of a remembered token beside its text, what the store is asked for it among them; its claims are reckoned at six times their text. */
const OVERHEAD = 1_536;
/** A token without a kid is tried with so many keys. */
const MAX_TRIES = 8;

/** Verifies tokens, and remembers those that it has verified. */
export class Verifier {
  readonly #options: JwtOptions;
  readonly #scope: Scope;
  readonly #checkClaims: CheckClaims;
  readonly #source: KeySetSource | undefined;
  readonly #watched: WatchedFile | undefined;
  #keys: readonly VerificationKey[] = [];
  /** Grows when the keys are others than before. */
  #generation = 0;
  readonly #remembered = new Remembered<VerifiedToken>(BOUNDS);
  /** Tokens that are being verified: many requests may bring the same one at once. */
  readonly #verifying = new Map<string, Promise<VerifiedToken>>();

  /** Rejects with an Error for people where keys are missing, or a file of them is not valid. */
  static async create(options: JwtOptions, scope: Scope): Promise<Verifier> {
    const verifier = new Verifier(options, scope);
    try {
      await verifier.readKeys();
      await verifier.#source?.start();
      return verifier;
    } catch (error) {
      verifier.close();
      throw error;
    }
  }

  private constructor(options: JwtOptions, scope: Scope) {
    this.#options = options;
    this.#scope = scope;
    this.#checkClaims = compileClaimCheck(options);
    const files = keyFiles(options);
    if (files.length > 0) this.#watched = watchFile(files, () => this.#keysHaveChanged());
    if (options.jwks !== undefined) {
      this.#source = new KeySetSource(jwksOptions(options.jwks), scope, () => this.#forget());
    }
  }

  /** Reads the keys of the configuration, its PEM files too, as they are now. Rejects with an Error for people; then all stays. */
  async readKeys(): Promise<void> {
    const keys = await loadKeys(this.#options);
    if (fingerprintOf(keys) === fingerprintOf(this.#keys)) return;
    this.#keys = keys;
    this.#forget();
  }

  async #keysHaveChanged(): Promise<void> {
    const { log } = this.#scope;
    try {
      await this.readKeys();
      log.info("the files of public keys have changed", { keys: this.#keys.map(({ kid }) => kid ?? "") });
    } catch (error) {
      log.error("the changed files of public keys are not valid: the keys stay as they were", { error });
    }
  }

  /** What a key has verified that is not there any more has to be verified anew. */
  #forget(): void {
    this.#generation++;
    this.#remembered.clear();
  }

  /** A token that was verified before and has not ended. */
  recall(token: string): VerifiedToken | undefined {
    return this.#remembered.get(token, this.#scope.now());
  }

  /** Rejects with GatewayError: 401, or 503 if there are no keys. */
  verify(token: string): Promise<VerifiedToken> {
    const pending = this.#verifying.get(token);
    if (pending !== undefined) return pending;
    const verifying = this.#verify(token).finally(() => this.#verifying.delete(token));
    this.#verifying.set(token, verifying);
    return verifying;
  }

  /**
   * What a token would be found to be, by the keys that are here: nothing is fetched, remembered or looked up. Without a key
   * of that kind, while those of a URL were never read, `isSigned` is undefined. Rejects with GatewayError.
   */
  async examine(token: string): Promise<ExaminedToken> {
    const parsed = parseToken(token, this.#options.algorithms);
    const endsAtMs = this.#checkClaims(parsed.claims, this.#scope.now());
    const candidates = this.#candidates(parsed.algorithm, parsed.kid);
    const isUnread = this.#source !== undefined && this.#source.keys === undefined;
    const key = await this.#firstOf(candidates, token, parsed.algorithm).catch((error: unknown) => {
      if (isUnread) return undefined;
      throw error;
    });
    return { token: this.#describe(parsed, key, endsAtMs), parsed, isSigned: key === undefined ? undefined : true };
  }

  close(): void {
    this.#watched?.close();
    this.#source?.close();
    this.#remembered.clear();
  }

  async #verify(token: string): Promise<VerifiedToken> {
    const parsed = parseToken(token, this.#options.algorithms);
    const generation = this.#generation;
    const key = await this.#verifyingKey(token, parsed);
    const endsAtMs = this.#checkClaims(parsed.claims, this.#scope.now());
    const verified = this.#describe(parsed, key, endsAtMs);
    // The text of a request's token is a part of its whole head, which must not be kept with it.
    const own = Buffer.from(token, "latin1").toString("latin1");
    if (generation === this.#generation) this.#remembered.set(own, verified, OVERHEAD + 7 * token.length);
    return verified;
  }

  async #verifyingKey(token: string, { algorithm, kid }: ParsedToken): Promise<VerificationKey> {
    let candidates = this.#candidates(algorithm, kid);
    if (candidates.length === 0 && this.#source !== undefined) {
      // The provider may have a new key: all who bring an unknown one wait for one look.
      await this.#source.refresh();
      candidates = this.#candidates(algorithm, kid);
      if (candidates.length === 0 && this.#source.keys === undefined) {
        throw new GatewayError("identity_unavailable", { cause: this.#source.failure });
      }
    }
    return this.#firstOf(candidates, token, algorithm);
  }

  async #firstOf(candidates: readonly VerificationKey[], token: string, algorithm: ParsedToken["algorithm"]) {
    if (candidates.length === 0) throw invalidToken("unknown_key");
    for (const candidate of candidates.slice(0, MAX_TRIES)) {
      try {
        await compactVerify(token, candidate.key, { algorithms: [algorithm] });
        return candidate;
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw invalidToken("malformed", error);
      }
    }
    throw invalidToken("signature");
  }

  #candidates(algorithm: ParsedToken["algorithm"], kid: string | undefined): readonly VerificationKey[] {
    const own = selectKeys(this.#keys, algorithm, kid);
    const published = this.#source?.keys;
    return published === undefined ? own : [...own, ...selectKeys(published, algorithm, kid)];
  }

  #describe(
    { claims, kid, signingInput }: ParsedToken,
    key: VerificationKey | undefined,
    endsAtMs: number,
  ): VerifiedToken {
    const { blacklist } = this.#options;
    const marks = {
      digest: tokenDigest(signingInput),
      jti: textOf(claims, "jti"),
      subject: textOf(claims, "sub"),
      kid: key?.kid ?? kid,
      issuedAt: typeof claims.iat === "number" ? claims.iat : undefined,
    };
    const scopes = Object.freeze(wordsAt(claims, this.#options["scope-claims"]));
    return {
      principal: Object.freeze({ id: idOf(claims), source: "jwt", scopes, claims }),
      roles: wordsAt(claims, this.#options["role-claims"]),
      endsAtMs,
      query: blacklist && revocationQuery(this.#scope.store, compileJtiKey(blacklist.key), marks),
      wasRevoked: undefined,
    };
  }
}

/** Tokens of machines may have no subject, but the client that they are for (RFC 9068 §2.2). */
function idOf(claims: Claims): string {
  return textOf(claims, "sub") ?? textOf(claims, "client_id") ?? textOf(claims, "azp") ?? "";
}

function textOf(claims: Claims, name: string): string | undefined {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  return typeof value === "string" ? value : undefined;
}
