import { defineConfig } from "vite";

export default defineConfig({
  define: { __RELEASE__: JSON.stringify(process.env.RELEASE ?? "0.0.0") },
  oxc: { jsx: { runtime: "automatic" } },
  build: { sourcemap: true },
});
