// `npm start`: without arguments the demo, with arguments the command line (`npm start -- run x`).
// scripts/ready.mjs has run before, so dist exists.
const args = process.argv.slice(2);
const dist = new URL("../dist/cli/", import.meta.url);
if (args.length === 0) {
  const { demo } = await import(new URL("demo.js", dist).href);
  process.exitCode = await demo();
} else {
  const { main } = await import(new URL("main.js", dist).href);
  process.exitCode = await main(args);
}
