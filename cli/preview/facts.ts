import { type Fact, factLine, type RebuildReason } from "../../provider/preview-facts";

export type PlanFact = Fact & { readonly kind: "plan" };
type Finding = Fact & { readonly kind: "finding" };

/** What the provider wrote to the file of facts, by URN. */
export class Facts {
  readonly #of = new Map<string, Fact[]>();

  /** Reads the lines of the channel. A line that is not a fact is left out: a killed process may leave half of one. */
  static read(text: string): Facts {
    const facts = new Facts();
    for (const line of text.split("\n")) {
      const { success, data } = factLine.safeParse(json(line));
      if (success) {
        facts.add(data.urn, data.fact);
      }
    }
    return facts;
  }

  add(urn: string, fact: Fact): void {
    const known = this.#of.get(urn) ?? [];
    this.#of.set(urn, known);
    // The engine may check and compare a resource more than once.
    if (!known.some((other) => JSON.stringify(other) === JSON.stringify(fact))) {
      known.push(fact);
    }
  }

  /** What the change of a workspace comes to; undefined when the provider did not look at the workspace. */
  plan(urn: string): PlanFact | undefined {
    return this.#last(urn, "plan");
  }

  rebuild(urn: string): readonly RebuildReason[] | undefined {
    return this.#last(urn, "rebuild")?.reasons;
  }

  /** Whether ICA has this version already; undefined when it was not asked. */
  isPublished(urn: string): boolean | undefined {
    return this.#last(urn, "published")?.there;
  }

  /** All findings in the files of images. */
  findings(): { readonly urn: string; readonly finding: Finding }[] {
    return [...this.#of.keys()].flatMap((urn) => this.findingsOf(urn).map((finding) => ({ urn, finding })));
  }

  findingsOf(urn: string): Finding[] {
    return (this.#of.get(urn) ?? []).filter((fact) => fact.kind === "finding");
  }

  #last<Kind extends Fact["kind"]>(urn: string, kind: Kind): Extract<Fact, { kind: Kind }> | undefined {
    const isKind = (fact: Fact): fact is Extract<Fact, { kind: Kind }> => fact.kind === kind;
    return this.#of.get(urn)?.filter(isKind).at(-1);
  }
}

function json(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
