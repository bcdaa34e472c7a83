// The first script of every page: from before the package is loaded it takes down what the content policy refuses.

import type { Violation } from "./visit.ts";

interface Page {
  violations: Violation[];
  addEventListener(
    type: "securitypolicyviolation",
    listener: (event: { readonly effectiveDirective: string; readonly blockedURI: string }) => void,
  ): void;
}
const page = globalThis as unknown as Page;

page.violations = [];
page.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
  page.violations.push({ directive: effectiveDirective, blocked: blockedURI });
});
