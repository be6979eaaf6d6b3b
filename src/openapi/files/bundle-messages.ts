import type { FileContent } from "./file-loader.ts";

/** What a thread that bundles is told. */
export type ToBundler =
  | { readonly kind: "begin"; readonly root: string; readonly chunks: readonly Uint8Array[] }
  /** It has asked for it. */
  | { readonly kind: "file"; readonly file: string; readonly content: FileContent };

/** What it says. */
export type FromBundler =
  | { readonly kind: "want"; readonly file: string }
  /** The document, as JSON. */
  | { readonly kind: "done"; readonly bytes: Uint8Array }
  | { readonly kind: "failed"; readonly message: string };
