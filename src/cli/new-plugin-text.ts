import page from "./templates/page.txt" with { type: "text" };
import plugin from "./templates/plugin.txt" with { type: "text" };
import test from "./templates/test.txt" with { type: "text" };

/** A plugin to begin with: it refuses requests without a header. `contract` is what its file imports. */
export function pluginText(name: string, contract: string): string {
  return plugin.replaceAll("NAME", name).replace("CONTRACT", contract);
}

/** Its test, in test/plugins/. */
export function pluginTestText(name: string): string {
  return test.replaceAll("NAME", name).replaceAll("VARIABLE", variableOf(name));
}

/** Its page, in docs/plugins/; the table of options is filled in by `gateway schema --write`. */
export function pluginPageText(name: string): string {
  return page.replaceAll("NAME", name);
}

/** `need-tenant` as needTenant; one word alone could be one of the language. */
function variableOf(name: string): string {
  const camel = name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return name.includes("-") ? camel : `${camel}Plugin`;
}
