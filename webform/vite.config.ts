/** How the form is built: relative addresses, so that it lives under any path, and a policy that allows no inline code. */
import { fileURLToPath } from "node:url";
import preact from "@preact/preset-vite";
import { defineConfig, type Plugin } from "vite";

/** `cli` adds the API's address to connect-src when it writes the page for another host. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const policy: Plugin = {
  name: "content-security-policy",
  apply: "build", // the development server reloads by what this forbids
  transformIndexHtml: (html) =>
    html.replace("<head>", `<head>\n    <meta http-equiv="Content-Security-Policy" content="${POLICY}" />`),
};

export default defineConfig({
  base: "./",
  plugins: [preact(), policy],
  resolve: {
    alias: { "markdown-to-jsx/react": fileURLToPath(new URL("src/stand_ins/markdown.ts", import.meta.url)) },
  },
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false }, reportCompressedSize: false },
  server: { proxy: { "/api": "http://127.0.0.1:8000", "/config.json": "http://127.0.0.1:8000" } },
});
