import { expect, test } from "bun:test";
import { fakeBun, machine } from "./machine.ts";

/** An npm that puts a Bun where it is told to: beside itself, or below --prefix. */
function fakeNpm(global: "works" | "is denied"): string {
  const bun = `#!/bin/sh\\n${fakeBun("1.4.5")}\\n`;
  const put = (folder: string) => `mkdir -p "${folder}"; printf '${bun}' > "${folder}/bun"; chmod +x "${folder}/bun"`;
  return `
    case "$*" in
      "install -g "*) ${global === "works" ? put("$BIN") : "exit 1"} ;;
      "install --prefix "*) ${put("$3/node_modules/.bin")} ;;
    esac`;
}

function withChmod(box: ReturnType<typeof machine>): void {
  box.program("chmod", `exec ${Bun.which("chmod")} "$@"`);
}

test("with everything there it runs the command and nothing else", async () => {
  using box = machine();
  box.program("bun", fakeBun("1.4.5"));
  box.write("node_modules/.installed.lock", "lock 1\n");
  expect(await box.run("with-bun", "sh", "-c", 'echo "$0 $1"; exit 7', "a b", "c")).toEqual({
    code: 7,
    out: "a b c\n",
    err: "",
  });
  expect(box.calls()).toEqual(["bun --version"]);
});

test.each(["1.4.6", "1.10.0", "2.0.0"])("Bun %s is new enough", async (version) => {
  using box = machine();
  box.program("bun", fakeBun(version));
  expect((await box.run("with-bun", "sh", "-c", "true")).code).toBe(0);
});

test("dependencies are installed when there are none, and when bun.lock has changed", async () => {
  using box = machine();
  box.program("bun", fakeBun("1.4.5"));
  const installs = () => box.calls().filter((call) => call === "bun install --frozen-lockfile").length;
  await box.run("with-bun", "sh", "-c", "true");
  await box.run("with-bun", "sh", "-c", "true");
  expect(installs()).toBe(1);
  box.write("bun.lock", "lock 2\n");
  const { err } = await box.run("with-bun", "sh", "-c", "true");
  expect(installs()).toBe(2);
  expect(err).toBe("with-bun: installing dependencies (bun install)\n");
});

test("dependencies that cannot be installed are tried twice, and the command does not run", async () => {
  using box = machine();
  box.program("bun", `${fakeBun("1.4.5")}; [ "$1" = --version ]`);
  const { code, out, err } = await box.run("with-bun", "sh", "-c", "echo ran");
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toContain("the dependencies could not be installed");
  expect(box.calls().filter((call) => call.startsWith("bun install"))).toHaveLength(2);
  expect(box.has("node_modules/.installed.lock")).toBe(false);
});

test("without Bun, npm installs it for all", async () => {
  using box = machine();
  withChmod(box);
  box.program("npm", fakeNpm("works"));
  expect((await box.run("with-bun", "bun", "--version")).out).toBe("1.4.5\n");
  expect(box.has(".cache")).toBe(false);
});

test("where that is not permitted, it goes into the project, once", async () => {
  using box = machine();
  withChmod(box);
  box.program("npm", fakeNpm("is denied"));
  expect((await box.run("with-bun", "bun", "--version")).out).toBe("1.4.5\n");
  const npmCalls = () => box.calls().filter((call) => call.startsWith("npm ")).length;
  expect(npmCalls()).toBe(2);
  expect((await box.run("with-bun", "bun", "--version")).out).toBe("1.4.5\n");
  expect(npmCalls()).toBe(2);
});

test("an older Bun is left alone, and a newer one goes into the project", async () => {
  using box = machine();
  withChmod(box);
  box.program("bun", fakeBun("1.4.4"));
  box.program("npm", fakeNpm("works"));
  expect((await box.run("with-bun", "bun", "--version")).out).toBe("1.4.5\n");
  expect(box.calls().some((call) => call.startsWith("npm install -g"))).toBe(false);
});

test("where npm runs no install scripts, Bun's own is run", async () => {
  using box = machine();
  withChmod(box);
  box.write("modules/bun/install.js", "");
  box.program("npm", `[ "$1" != root ] || echo "$HOME/modules"`);
  box.program("node", `printf '#!/bin/sh\\n${fakeBun("1.4.5")}\\n' > "$BIN/bun"; chmod +x "$BIN/bun"`);
  expect((await box.run("with-bun", "bun", "--version")).out).toBe("1.4.5\n");
  expect(box.calls()).toContain("node install.js");
});

test("without Bun and npm it says what to install", async () => {
  using box = machine();
  const { code, err } = await box.run("with-bun", "sh", "-c", "true");
  expect(code).toBe(1);
  expect(err).toContain("npm is missing: install Node.js");
});

test("root gets a missing redis-server through apt-get", async () => {
  using box = machine();
  withChmod(box);
  box.program("bun", fakeBun("1.4.5"));
  box.program("id", "echo 0");
  box.program("apt-get", `[ "$1" = update ] || { touch "$BIN/redis-server"; chmod +x "$BIN/redis-server"; }`);
  const { code, out } = await box.run("with-bun", "--redis", "sh", "-c", "echo ran");
  expect({ code, out }).toEqual({ code: 0, out: "ran\n" });
  const called = box.calls().filter((call) => call.startsWith("apt-get"));
  expect(called).toEqual(["apt-get update -qq", "apt-get install -qq -y --no-install-recommends redis-server"]);
});

test.each([
  ["--redis", "sudo apt-get install redis-server"],
  ["--openssl", "sudo apt-get install openssl"],
])("%s tells somebody who is not root what to do", async (option, advice) => {
  using box = machine();
  box.program("bun", fakeBun("1.4.5"));
  box.program("id", "echo 1000");
  box.program("apt-get", "exit 0");
  const { code, out, err } = await box.run("with-bun", option, "sh", "-c", "echo ran");
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toContain(advice);
  expect(box.calls().some((call) => call.startsWith("apt-get"))).toBe(false);
});

test.each([[["--else", "true"]], [[]]])("%p is refused", async (args) => {
  using box = machine();
  box.program("bun", fakeBun("1.4.5"));
  expect((await box.run("with-bun", ...args)).code).toBe(1);
});
