import type { SyntaxNode } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";
import type { Family, Shape } from "../../src/observe/metrics/family.ts";

/** What Prometheus adds to every series that it reads. */
const TARGET_LABELS = ["job", "instance"];
/** Of counters alone, and of the parts of histograms. */
const OF_COUNTERS = ["rate", "irate", "increase", "resets"];

interface Sample {
  readonly labels: ReadonlySet<string>;
  readonly isCounter: boolean;
}

/** The names that samples have, with their labels: those of these metrics, and Prometheus' own `up`. */
export class Samples {
  readonly #byName = new Map<string, Sample>([["up", { labels: new Set(TARGET_LABELS), isCounter: false }]]);

  constructor(shapes: readonly (Shape | Family)[]) {
    for (const { name, type, labels } of shapes) {
      const own = new Set([...labels, ...TARGET_LABELS]);
      if (type !== "histogram") this.#byName.set(name, { labels: own, isCounter: type === "counter" });
      else {
        this.#byName.set(`${name}_bucket`, { labels: new Set([...own, "le"]), isCounter: true });
        for (const end of ["_sum", "_count"]) this.#byName.set(name + end, { labels: own, isCounter: true });
      }
    }
  }

  get(name: string): Sample | undefined {
    return this.#byName.get(name);
  }
}

/** An expression as Prometheus' own grammar reads it, held against the samples that there are. */
export class Expression {
  readonly faults: string[] = [];
  readonly #text: string;
  readonly #samples: Samples;
  readonly #root: SyntaxNode;

  constructor(text: string, samples: Samples) {
    this.#text = text;
    this.#samples = samples;
    this.#root = parser.parse(text).topNode;
    this.#check(this.#root);
  }

  /** Labels of its result. */
  get labels(): ReadonlySet<string> {
    return this.#labelsOf(this.#root);
  }

  #check(node: SyntaxNode): void {
    if (node.type.isError) this.faults.push(`not PromQL at ${node.from}: ${this.#text}`);
    if (node.name === "VectorSelector") this.#checkSelector(node);
    if (node.name === "AggregateExpr") this.#checkGrouping(node);
    if (node.name === "FunctionCall") this.#checkFunction(node);
    for (const child of childrenOf(node)) this.#check(child);
  }

  #checkSelector(node: SyntaxNode): void {
    const name = this.#nameOf(node);
    const sample = this.#samples.get(name);
    if (sample === undefined) return void this.faults.push(`there is no metric ${name}`);
    for (const matcher of descendants(node, "UnquotedLabelMatcher")) {
      const label = this.#textOf(matcher.getChild("LabelName"));
      if (!sample.labels.has(label)) this.faults.push(`${name} has no label ${label}`);
    }
  }

  #checkGrouping(node: SyntaxNode): void {
    for (const selector of descendants(node, "VectorSelector")) {
      const name = this.#nameOf(selector);
      const known = this.#samples.get(name)?.labels ?? new Set();
      for (const label of this.#grouping(node)) {
        if (!known.has(label)) this.faults.push(`${name} cannot be grouped by ${label}, which it does not have`);
      }
    }
  }

  #checkFunction(node: SyntaxNode): void {
    const called = this.#textOf(node.getChild("FunctionIdentifier"));
    const names = descendants(node, "VectorSelector").map((selector) => this.#nameOf(selector));
    const buckets = names.filter((name) => name.endsWith("_bucket"));
    if (called === "histogram_quantile" && buckets.length !== names.length)
      this.faults.push("a quantile of no buckets");
    if (called === "histogram_quantile" && !descendants(node, "LabelName").some((one) => this.#textOf(one) === "le"))
      this.faults.push("a quantile without le");
    if (!OF_COUNTERS.includes(called)) return;
    for (const name of names) {
      if (this.#samples.get(name)?.isCounter === false) this.faults.push(`${called} of ${name}, which is no counter`);
    }
  }

  #labelsOf(node: SyntaxNode): ReadonlySet<string> {
    if (node.name === "VectorSelector") return this.#samples.get(this.#nameOf(node))?.labels ?? new Set();
    if (node.name === "AggregateExpr") return new Set(this.#grouping(node));
    const selecting = childrenOf(node).filter((child) => descendants(child, "VectorSelector").length > 0);
    const [first] = selecting;
    const labels = new Set(first === undefined ? [] : this.#labelsOf(first));
    if (node.name === "FunctionCall" && this.#textOf(node.firstChild) === "histogram_quantile") labels.delete("le");
    return labels;
  }

  #grouping(node: SyntaxNode): readonly string[] {
    const modifier = node.getChild("AggregateModifier");
    return modifier === null ? [] : descendants(modifier, "LabelName").map((label) => this.#textOf(label));
  }

  #nameOf(selector: SyntaxNode): string {
    return this.#textOf(selector.getChild("Identifier"));
  }

  #textOf(node: SyntaxNode | null): string {
    return node === null ? "" : this.#text.slice(node.from, node.to);
  }
}

function childrenOf(node: SyntaxNode): readonly SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child);
  return children;
}

/** Itself, and all below it of that name. */
function descendants(node: SyntaxNode, name: string): readonly SyntaxNode[] {
  const below = childrenOf(node).flatMap((child) => descendants(child, name));
  return node.name === name ? [node, ...below] : below;
}
