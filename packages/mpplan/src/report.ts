// mpplan/report: a comparison as one HTML page. An entry of its own: drawing needs libraries that planning does not.
export { comparisonHtml, type HtmlExtra } from "./cli/render/html.js";
