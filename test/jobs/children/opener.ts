import { openHome } from "../../../src/jobs/index.js";

// opens a home that may not be there yet, at the same moment as others
const [path, at] = process.argv.slice(2) as [string, string];
while (Date.now() < Number(at));
using home = openHome(path);
console.log(home.catalog.list().length);
