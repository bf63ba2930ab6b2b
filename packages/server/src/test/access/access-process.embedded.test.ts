import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CreatedKey } from "@relearn/contract";
import { expect, it, onTestFinished } from "vitest";
import type { FolderLockDocument } from "../../db/data-folder-lock.ts";
import { program, serveProcess } from "../serve-process.ts";

/** A folder for one installation, and commands on it as a person types them. */
async function machine() {
  const folder = await mkdtemp(join(tmpdir(), "relearn-access-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const data = join(folder, "data");
  const environment = { ...process.env, RELEARN_API_KEY: "", RELEARN_LOG_LEVEL: "trace" };
  const relearn = (words: readonly string[], key = "") =>
    new Promise<{ code: number; out: string; error: string }>((resolve) => {
      execFile(
        process.execPath,
        [program, ...words, "--data", data],
        { env: { ...environment, RELEARN_API_KEY: key } },
        (failed, out, error) => resolve({ code: Number(failed?.code ?? 0), out, error }),
      );
    });
  return { data, environment, relearn };
}

/** A request with a Host header of one's own, which `fetch` does not let one send. */
function statusAt(address: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(`${address}/v1/agents`, { headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.once("error", reject);
    sent.end();
  });
}

it("a machine's first key, over the running service: it closes at once, and tells no secret", {
  timeout: 300_000,
}, async () => {
  const { data, environment, relearn } = await machine();
  const service = await serveProcess(data, { environment });
  await expect.poll(service.printed).toContain("open to this machine, because there are no keys");
  const lockFile = join(data, "relearn.lock");
  // Mode, owner alone, after the address was written into it.
  expect((await stat(lockFile)).mode & 0o777).toBe(0o600);
  expect((await stat(data)).mode & 0o777).toBe(0o700);
  const { token } = JSON.parse(await readFile(lockFile, "utf8")) as FolderLockDocument;

  const port = new URL(service.address).port;
  expect(await statusAt(service.address, {})).toBe(200);
  expect(await statusAt(service.address, { host: `localhost:${port}` })).toBe(200);
  expect(await statusAt(service.address, { host: `evil.example:${port}` })).toBe(403);
  expect(await statusAt(service.address, { host: "evil.example" })).toBe(403);

  const made = await relearn(["keys", "create", "--role", "admin", "--person", "ana", "--json"]);
  expect(made).toMatchObject({ code: 0, error: "" });
  const { key, secret } = JSON.parse(made.out) as CreatedKey;
  expect(await statusAt(service.address, {})).toBe(401);
  expect(await statusAt(service.address, { authorization: `Bearer ${secret}` })).toBe(200);
  expect(await statusAt(service.address, { authorization: `Bearer ${token}` })).toBe(200);
  await expect.poll(service.printed).toContain("every request now needs a key");

  // Every place where a secret might end up in a log: right and wrong, in a header, an address, a body.
  const wrong = `${key.key_id}_${"w".repeat(43)}`;
  expect(await statusAt(service.address, { authorization: `Bearer ${wrong}` })).toBe(401);
  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(service.address + path, {
      method: "POST",
      body,
      headers: { "content-type": "application/json", ...headers },
    });
  const signedIn = await post("/v1/session", JSON.stringify({ key: secret }));
  const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
  expect(signedIn.status).toBe(200);
  await post("/v1/session", JSON.stringify({ key: wrong }));
  await post("/v1/session", `{"${secret}":1}`);
  await post("/v1/session", `not json ${secret}`);
  await post(`/v1/keys/${secret}/revocation?key=${secret}`, "{}", { authorization: `Bearer ${secret}` });
  await fetch(`${service.address}/v1/agents/${secret}?key=${secret}`, { headers: { cookie } });
  await fetch(`${service.address}/v1/agents`, { headers: { authorization: `Basic ${secret}` } });

  const webhookSecret = "whsec_c2VjcmV0LW9mLWEtd2ViaG9vaw==";
  const endpoint = await fetch(`${service.address}/v1/notifications/endpoints/pager`, {
    method: "PUT",
    headers: { "content-type": "application/json", authorization: `Bearer ${secret}` },
    body: JSON.stringify({ url: "http://127.0.0.1:9/hook-path", secret: webhookSecret }),
  });
  expect(endpoint.status).toBe(200);
  await post("/v1/notifications/endpoints/pager/test", "{}", { authorization: `Bearer ${secret}` });

  // A command without a key has the machine's rights, one with a key its person's.
  expect(await relearn(["settings", "set", "four_eyes", "off"])).toMatchObject({
    code: 3,
    error: expect.stringContaining("set RELEARN_API_KEY to your own key"),
  });
  expect(await relearn(["keys", "revoke", secret], secret)).toMatchObject({
    code: 3,
    error: expect.stringContaining(`${key.key_id} is the last usable admin key`),
  });
  await service.stop();

  const printed = service.printed();
  expect(printed).toContain(key.key_id);
  expect(printed).toContain("authentication refused");
  const tokenOfSession = cookie.split("=")[1] ?? "";
  expect(tokenOfSession).toHaveLength(43);
  for (const told of [secret.slice(14), wrong.slice(14), tokenOfSession, token, webhookSecret]) {
    expect(printed.includes(told)).toBe(false);
  }

  // With no service the command opens the folder itself, with the same rights.
  expect(await relearn(["settings", "set", "four_eyes", "off"])).toMatchObject({ code: 3 });
});

it("listens to other machines only once there is an admin key", { timeout: 300_000 }, async () => {
  const { data, environment, relearn } = await machine();
  for (const host of ["0.0.0.0", "::"]) {
    expect(await relearn(["serve", "--host", host, "--port", "0"])).toMatchObject({
      code: 3,
      error: expect.stringContaining(`relearn keys create --role admin --data ${data}`),
    });
  }
  const made = await relearn(["keys", "create", "--role", "admin", "--json"]);
  const { secret } = JSON.parse(made.out) as CreatedKey;
  const service = await serveProcess(data, { environment, host: "0.0.0.0" });
  await expect.poll(service.printed).toContain("every request needs a key");
  const here = service.address.replace("0.0.0.0", "127.0.0.1");
  expect(await statusAt(here, { host: "relearn.example" })).toBe(401);
  expect(await statusAt(here, { host: "relearn.example", authorization: `Bearer ${secret}` })).toBe(200);
  // The lock names an address that commands on this machine can reach.
  expect(await relearn(["keys", "whoami"])).toMatchObject({
    code: 0,
    out: expect.stringContaining("with the rights of this machine"),
  });
});
