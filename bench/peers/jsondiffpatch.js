// What jsondiffpatch takes for the documents that `diff_bench --documents DIR` wrote, parsing included:
//   node jsondiffpatch.js DIR CASE SECONDS      prints nanoseconds a comparison and the changes it found
// It is told the key of array elements (objectHash), as it cannot find one by itself.
import { readFileSync } from "node:fs";
import { create } from "jsondiffpatch";

const [folder, name, seconds] = process.argv.slice(2);
const stable = readFileSync(`${folder}/${name}.stable.json`, "utf8");
const candidate = readFileSync(`${folder}/${name}.candidate.json`, "utf8");
const patcher = create({ objectHash: (element) => element.sku ?? element.order ?? element.event?.trace });

const compare = () => patcher.diff(JSON.parse(stable), JSON.parse(candidate));

const leaves = (delta) => {
  if (delta === undefined) return 0;
  if (Array.isArray(delta)) return 1;
  return Object.entries(delta).reduce((sum, [key, value]) => sum + (key === "_t" ? 0 : leaves(value)), 0);
};
const changes = leaves(compare());

let rounds = 0;
for (const until = performance.now() + 300; performance.now() < until; ) compare(); // until it is compiled
const from = performance.now();
do {
  compare();
  rounds += 1;
} while (performance.now() - from < seconds * 1000);
console.log(Math.round(((performance.now() - from) * 1e6) / rounds), changes);
