// A browser, a server for its pages, and the pages' scripts, bundled as an embedder would: from the package, through its
// `exports` and `imports`, for the browser. A page is served under a content policy and tells the server what it did.

import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { rolldown } from "rolldown";
import type { Answer } from "./visit.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The policies of issue 3's proof, sent with every response of a visit. */
const POLICIES = {
  wasm: "script-src 'self' 'wasm-unsafe-eval'",
  strict: "script-src 'self'",
} as const;
export type PolicyName = keyof typeof POLICIES;

export interface Script {
  readonly code: string;
  /** Files in it, relative to the repository. */
  readonly files: readonly string[];
  /** Imports that were left for the browser to resolve; it cannot. */
  readonly imports: readonly string[];
}

/** Scripts by the name they have in a page. Only `cases` holds the sources of the package beside the tests' own. */
export async function bundleScripts(): Promise<ReadonlyMap<string, Script>> {
  const scripts = new Map<string, Script>();
  for (const name of ["listen", "outcomes", "worker", "codecs", "cases"]) {
    const file = name === "listen" ? name : `${name}.page`;
    const bundle = await rolldown({
      cwd: ROOT,
      input: `test/browser/${file}.ts`,
      platform: "browser",
      resolve: {
        conditionNames: ["browser", "import", "default"],
        // Tests import `#name` from src, and dist stands for another build of it.
        ...(name === "cases" ? { alias: { "#sha256": `${ROOT}src/platform/sha256.web.ts` } } : {}),
      },
      transform: { define: { "process.env.SINTER_TIERS": "undefined" } },
    });
    const { output } = await bundle.generate({ format: "esm", codeSplitting: false });
    await bundle.close();
    const [{ code, moduleIds, imports }] = output;
    const files = moduleIds.filter((id) => id.startsWith(ROOT)).map((id) => id.slice(ROOT.length));
    scripts.set(`${name}.js`, { code, files, imports });
  }
  return scripts;
}

export interface Visited extends Answer {
  /** Errors and warnings in the page's console, but for the planted violation. */
  readonly console: readonly string[];
}

interface Visit {
  readonly policy: string;
  readonly script: string;
  readonly work: string;
  readonly answered: (answer: Answer) => void;
}

export class Rig {
  readonly #browser: Browser;
  readonly #server: Server;
  readonly #origin: string;
  readonly #visits = new Map<string, Visit>();
  #count = 0;

  private constructor(browser: Browser, server: Server, origin: string) {
    this.#browser = browser;
    this.#server = server;
    this.#origin = origin;
  }

  static async open(executablePath: string, scripts: ReadonlyMap<string, Script>): Promise<Rig> {
    // Chromium's own sandbox refuses to start for root.
    const chromiumSandbox = process.getuid?.() !== 0;
    const browser = await chromium.launch({
      executablePath,
      headless: true,
      chromiumSandbox,
      timeout: 60_000,
    });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const rig = new Rig(browser, server, `http://127.0.0.1:${port}`);
    server.on("request", async (request, response) => {
      const [, id = "", name = ""] = (request.url ?? "").split("/");
      const visit = rig.#visits.get(id);
      const found = visit && (await serve(visit, name, scripts, request));
      const headers =
        visit && found ? { "content-type": found.type, "content-security-policy": visit.policy } : {};
      response.writeHead(found ? 200 : 404, headers).end(found?.body);
    });
    return rig;
  }

  get version(): string {
    return this.#browser.version();
  }

  /** Opens a page of its own under a policy, lets `script` do `work`, and comes back with everything it saw. */
  async visit(policy: PolicyName, script: string, work: unknown): Promise<Visited> {
    const id = `${++this.#count}`;
    const page = await this.#browser.newPage();
    const lines: string[] = [];
    try {
      return await new Promise<Visited>((resolve, reject) => {
        const isPlanted = (line: string) => /inline script/.test(line);
        const answered = async (answer: Answer) => {
          // The console comes by another way: it is complete once the planted violation has arrived there.
          while (!lines.some(isPlanted)) await new Promise((again) => setTimeout(again, 5));
          resolve({ ...answer, console: lines.filter((line) => !isPlanted(line)) });
        };
        this.#visits.set(id, {
          policy: POLICIES[policy],
          script,
          work: JSON.stringify(work),
          answered: (answer) => void answered(answer),
        });
        page.on("console", (line) => {
          if (line.type() === "error" || line.type() === "warning") lines.push(line.text());
        });
        page.on("pageerror", (error) => reject(new Error(`the page threw: ${error.stack}`)));
        page.on("crash", () => reject(new Error("the page crashed")));
        page.goto(`${this.#origin}/${id}/`).catch(reject);
      });
    } finally {
      this.#visits.delete(id);
      await page.close();
    }
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

interface Body {
  readonly type: string;
  readonly body: string;
}

async function serve(
  visit: Visit,
  name: string,
  scripts: ReadonlyMap<string, Script>,
  request: IncomingMessage,
): Promise<Body | undefined> {
  if (name === "") {
    const tags = ["listen", visit.script].map((src) => `<script type="module" src="${src}.js"></script>`);
    const body = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">${tags.join("")}`;
    return { type: "text/html", body };
  }
  if (name === "work") return { type: "application/json", body: visit.work };
  if (name === "answer") {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    visit.answered(JSON.parse(Buffer.concat(parts).toString("utf8")) as Answer);
    return { type: "text/plain", body: "" };
  }
  const script = scripts.get(name);
  return script && { type: "text/javascript", body: script.code };
}
