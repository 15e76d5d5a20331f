// PostGraphile as its documentation sets it up, for speed: no watching, no GraphiQL, no explaining.
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { makePgService } from "postgraphile/adaptors/pg";

export default {
  extends: [PostGraphileAmberPreset],
  grafserv: { host: "127.0.0.1", port: Number(process.env.BENCH_PORT), watch: false, graphiql: false },
  grafast: { explain: false },
  pgServices: [makePgService({ connectionString: process.env.BENCH_URL, schemas: ["peer"] })],
};
