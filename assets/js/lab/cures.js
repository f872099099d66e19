// @ts-check
// The lines that cure what the doctor has found, for the four proxies that are most in use. Pure. A cure is lines to add in a
// place, or lines to look for and take away where the proxy does nothing wrong by itself.

/** @typedef {import("./diagnosis.js").Finding} Finding */
/** @typedef {"nginx" | "caddy" | "haproxy" | "traefik"} Proxy */
/** @typedef {{where: string, lines: string[], remove?: boolean}} Cure where: doctor.where_… */

/** @type {Record<Proxy, Record<Finding, Cure[]>>} */
const book = {
  nginx: {
    upgrade: [
      { where: "nginx_http", lines: ["map $http_upgrade $fivewire_connection {", "    default upgrade;", "    ''      '';", "}"] },
      { where: "nginx_location", lines: ["proxy_http_version 1.1;", "proxy_set_header Upgrade $http_upgrade;", "proxy_set_header Connection $fivewire_connection;", "proxy_set_header X-Forwarded-Host $http_host;"] },
      { where: "fivewire", lines: ["--trust-proxy loopback", "--public-url https://…/"] }, // it is forwarded from here on, and so nobody on this machine
    ],
    buffered: [{ where: "nginx_location", lines: ["proxy_buffering off;"] }],
    compressed: [{ where: "nginx_location", lines: ["gzip off;"] }],
    idle: [{ where: "nginx_location", lines: ["proxy_read_timeout 1h;"] }],
  },
  caddy: {
    upgrade: [{ where: "caddy_proxy", lines: ["header_up -Upgrade", "header_up -Connection"], remove: true }],
    buffered: [{ where: "caddy_proxy", lines: ["flush_interval -1"] }],
    compressed: [{ where: "caddy_site", lines: ["@fivewire not path */api/v1/*", "encode @fivewire zstd gzip"] }],
    idle: [{ where: "caddy_proxy", lines: ["transport http {", "    read_timeout 1h", "}"] }],
  },
  haproxy: {
    upgrade: [{ where: "haproxy_backend", lines: ["http-request del-header Upgrade", "http-request del-header Connection"], remove: true }],
    buffered: [{ where: "haproxy_backend", lines: ["option http-no-delay"] }],
    compressed: [{ where: "haproxy_backend", lines: ["compression algo", "compression type"], remove: true }],
    idle: [{ where: "haproxy_defaults", lines: ["timeout client 1h", "timeout server 1h", "timeout tunnel 1h"] }],
  },
  traefik: {
    upgrade: [{ where: "traefik_headers", lines: ["Upgrade: \"\"", "Connection: \"\""], remove: true }],
    buffered: [{ where: "traefik_service", lines: ["responseForwarding:", "  flushInterval: \"-1\""] }],
    compressed: [{ where: "traefik_compress", lines: ["excludedContentTypes:", "  - text/event-stream", "  - application/x-ndjson", "  - application/json"] }],
    idle: [{ where: "traefik_entry", lines: ["transport:", "  respondingTimeouts:", "    readTimeout: 0", "    writeTimeout: 0", "    idleTimeout: 1h"] }],
  },
};

export const proxies = /** @type {Proxy[]} */ (Object.keys(book));

/**
 * What to write where, and no more than that: what goes into one place is one cure.
 * @param {Proxy} proxy
 * @param {Finding[]} found
 * @returns {Cure[]}
 */
export function cures(proxy, found) {
  /** @type {Map<string, Cure>} */
  const all = new Map();
  for (const finding of found) {
    for (const { where, lines, remove = false } of book[proxy][finding]) {
      const place = `${where} ${remove}`;
      const cure = all.get(place) ?? { where, lines: [], remove };
      all.set(place, { ...cure, lines: [...cure.lines, ...lines] });
    }
  }
  return [...all.values()];
}
