// Serves dist/ on this machine with the two headers that let the page share memory among threads.
// node serve.mjs [port] [--open]
import { spawn } from "node:child_process";
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";

const types = {
  ".css": "text/css",
  ".gz": "application/gzip",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".map": "application/json",
  ".md": "text/plain; charset=utf-8",
  ".onnx": "application/octet-stream",
  ".txt": "text/plain; charset=utf-8",
};

export const dist = path.join(import.meta.dirname, "dist");

/** Starts the server on 127.0.0.1; port 0 takes any free one. `isolated: false` leaves the headers out. */
export function serve(port = 0, { isolated = true } = {}) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const file = path.join(dist, path.normalize(decodeURIComponent(pathname)));
    const target = pathname.endsWith("/") ? path.join(file, "index.html") : file;
    if (!target.startsWith(dist + path.sep) || !existsSync(target) || !statSync(target).isFile()) {
      response.writeHead(404, { "content-type": "text/plain" }).end("not found\n");
      return;
    }
    response.writeHead(200, {
      "content-type": types[path.extname(target)] ?? "application/octet-stream",
      "content-length": statSync(target).size,
      "cache-control": "no-cache",
      ...(isolated && {
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
      }),
    });
    createReadStream(target).pipe(response);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = `http://127.0.0.1:${server.address().port}/`;
      resolve({ address, close: () => new Promise((done) => server.close(done).closeAllConnections()) });
    });
  });
}

if (process.argv[1] === import.meta.filename) {
  if (!existsSync(path.join(dist, "index.html"))) {
    console.error(
      "the page is not built\n  where: apps/playground/dist\n  next: run pnpm dev at the root, which builds it",
    );
    process.exit(2);
  }
  const given = process.argv.slice(2).find((word) => /^\d+$/.test(word));
  const { address } = await serve(Number(given ?? 5173)).catch((error) => {
    console.error(`${error.message}\n  where: the port\n  next: name another one: node serve.mjs 8080`);
    process.exit(2);
  });
  console.log(`${address}\nCtrl-C ends it.`);
  if (process.argv.includes("--open")) {
    const opener = { darwin: "open", win32: "explorer" }[process.platform] ?? "xdg-open";
    // Where there is no desktop the printed address has to do.
    spawn(opener, [address], { stdio: "ignore", detached: true })
      .on("error", () => {})
      .unref();
  }
}
