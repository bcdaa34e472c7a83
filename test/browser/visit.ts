// A visit, seen from the page: its script asks the server for the work, does it, and sends what came of it. Nothing goes
// through the driver of the browser, whose own scripts are exempt from the page's content policy.

export interface Violation {
  readonly directive: string;
  readonly blocked: string;
}

export interface Answer {
  /** What the work came to, or what it threw. */
  readonly value?: unknown;
  readonly thrown?: string;
  /** Everything the content policy refused from before the package was loaded until the work was done. */
  readonly violations: readonly Violation[];
  /** Whether a planted inline script ran. */
  readonly ranInline: boolean;
}

interface Element {
  textContent: string;
}
interface Page {
  readonly violations: readonly Violation[];
  readonly document: { createElement(name: "script"): Element; readonly head: { append(e: Element): void } };
  setTimeout(action: () => void, ms: number): void;
  ranInline?: boolean;
}
const page = globalThis as unknown as Page;

const isInline = ({ blocked }: Violation): boolean => blocked === "inline";

/**
 * An inline script, which every page here must refuse. Violations are reported one after the other, so when this one
 * has been heard of, all earlier ones have; and a listener that does not listen never comes back.
 */
async function plantViolation(): Promise<void> {
  const script = page.document.createElement("script");
  script.textContent = "globalThis.ranInline = true";
  page.document.head.append(script);
  while (!page.violations.some(isInline)) await new Promise<void>((resolve) => page.setTimeout(resolve, 5));
}

/** Does one visit's work with `run`. */
export async function serveVisit(run: (work: never) => Promise<unknown>): Promise<void> {
  let result: Pick<Answer, "value" | "thrown">;
  try {
    const work = await (await fetch("work")).json();
    result = { value: await run(work as never) };
  } catch (thrown) {
    result = { thrown: thrown instanceof Error ? `${thrown.stack}` : String(thrown) };
  }
  await plantViolation();
  const violations = page.violations.filter((violation) => !isInline(violation));
  const answer: Answer = { ...result, violations, ranInline: page.ranInline === true };
  await fetch("answer", { method: "POST", body: JSON.stringify(answer) });
}
