// The page's entry.
import { render } from "preact";
import { App } from "./app.js";
import { Store } from "./store.js";

const script = (name: string): string => new URL(name, document.baseURI).href;
const store = new Store({ worker: script("worker.js"), cuts: script("cuts.js") });
render(<App store={store} />, document.getElementById("app")!);
