import { Agent, request } from "node:http";

/** What somebody writes in ten lines: so many requests at a time, in the order of the rows.
 *  @param bodies  of each row's request
 *  @returns the answers' texts in row order, and how many seconds that took */
export async function sendByHand(url: string, bodies: readonly string[], clients: number) {
  const agent = new Agent({ keepAlive: true });
  const texts: string[] = [];
  let next = 0;
  const startMs = performance.now();
  const client = async (): Promise<void> => {
    for (let row = next++; row < bodies.length; row = next++) {
      const answer = JSON.parse(await post(agent, `${url}/chat/completions`, bodies[row] as string));
      texts[row] = answer.choices[0].message.content;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
  return { texts, seconds: (performance.now() - startMs) / 1000 };
}

function post(agent: Agent, url: string, body: string): Promise<string> {
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: "POST", agent, headers }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("end", () => resolve(Buffer.concat(pieces).toString("utf8")));
      response.on("error", reject);
    });
    asked.on("error", reject);
    asked.end(body);
  });
}
