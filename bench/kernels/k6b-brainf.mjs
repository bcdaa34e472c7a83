// k6b in plain JavaScript.

const PROGRAM = "++++++++++++[>+++++++++++[>+++++++[>+++++<-]<-]<-]>>>.[-<+>]<.[->++>+<<]>.>.<<<<";

export function run(n) {
  const commands = Uint8Array.from(PROGRAM, (c) => c.charCodeAt(0));
  const jumps = new Uint16Array(commands.length);
  const open = [];
  commands.forEach((command, at) => {
    if (command === 91) open.push(at);
    if (command !== 93) return;
    const from = open.pop();
    jumps[from] = at;
    jumps[at] = from;
  });
  const tape = new Uint8Array(65536);
  let high = 0;
  let low = 0;
  for (let i = 0; i < n; i++) {
    let cell = 0;
    for (let at = 0; at < commands.length; at++) {
      const command = commands[at];
      if (command === 62) cell++;
      else if (command === 60) cell--;
      else if (command === 43) tape[cell]++;
      else if (command === 45) tape[cell]--;
      else if (command === 91) at = tape[cell] === 0 ? jumps[at] : at;
      else if (command === 93) at = tape[cell] !== 0 ? jumps[at] : at;
      else if (command === 46) {
        // sum := sum * 31 + byte, in two halves of 32 bits
        const product = low * 31 + tape[cell];
        high = (Math.imul(high, 31) + Math.floor(product / 2 ** 32)) >>> 0;
        low = product >>> 0;
      }
    }
  }
  return (BigInt(high) << 32n) | BigInt(low);
}
