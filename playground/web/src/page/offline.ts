// The service worker: keeps the page, so that it works without a network. One version of the page at a time, whole or not at all.

interface OfflineScope {
  addEventListener(kind: "install" | "activate", act: (event: { waitUntil(done: Promise<unknown>): void }) => void): void;
  addEventListener(kind: "fetch", act: (event: { request: Request; respondWith(answer: Promise<Response>): void }) => void): void;
  readonly clients: { claim(): Promise<void> };
  readonly registration: { readonly scope: string };
  skipWaiting(): Promise<void>;
}

/** Set by the build: a digest of all files, and their names. */
declare const VERSION: string;
declare const FILES: readonly string[];

const scope = globalThis as unknown as OfflineScope;
const PREFIX = "warmor-playground-";
const NAME = PREFIX + VERSION;
/** Where pages of the documentation are kept as they were when they were last read. */
const READ = `${PREFIX}read`;
const DOCUMENTATION = "docs/";

scope.addEventListener("install", (event) => {
  const kept = caches.open(NAME).then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: "no-cache" }))));
  event.waitUntil(kept.then(() => scope.skipWaiting()));
});

scope.addEventListener("activate", (event) => {
  const others = caches.keys().then((names) => Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== NAME && name !== READ).map((name) => caches.delete(name))));
  event.waitUntil(others.then(() => scope.clients.claim()));
});

scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || !address.href.startsWith(scope.registration.scope)) return;
  const file = address.pathname.slice(new URL(scope.registration.scope).pathname.length) || "index.html";
  if (file.startsWith(DOCUMENTATION)) return event.respondWith(readable(request));
  if (!FILES.includes(file)) return;
  // The network first, so that nobody looks at an old page; what is kept is for when there is none.
  const kept = () => caches.match(new URL(file, scope.registration.scope).href, { cacheName: NAME });
  event.respondWith(
    fetch(request).catch(async () => {
      const answer = await kept();
      if (answer) return answer;
      throw new Error("neither a network nor a copy");
    }),
  );
});

/** A page of the documentation, or what belongs to it: from the network, and then kept; else as it was kept. */
async function readable(request: Request): Promise<Response> {
  const cache = await caches.open(READ);
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(request, answer.clone());
    return answer;
  } catch {
    const answer = await cache.match(request, { ignoreSearch: true });
    if (answer) return answer;
    throw new Error("neither a network nor a copy");
  }
}
