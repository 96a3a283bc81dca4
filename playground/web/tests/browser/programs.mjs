// Programs of any size, the same each time.

/** Numbers that look random and are the same each time (mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A program with so many rules in policies of fifty. */
export function program(rules) {
  const lines = ["package big", ""];
  for (let i = 0; i < rules; i += 1) {
    if (i % 50 === 0) {
      if (i > 0) lines.push("}", "");
      lines.push(`subject s${i} = process.exe in [/usr/bin/s${i}]`, "", `policy p${i} for s${i} {`, "  mode prevent");
    }
    const verb = i % 3 === 0 ? "deny" : "allow";
    if (i % 7 === 0) lines.push(`  r${i}: ${verb} connect tcp to 10.${(i >> 8) & 255}.${i & 255}.0/24 port ${1024 + (i % 5000)}`);
    else lines.push(`  r${i}: ${verb} read /srv/d${i % 97}/f${i}/**`);
  }
  return [...lines, "}", ""].join("\n");
}
