// The style sheet of a report: light and dark, print, and screens down to 400 pixels. Nothing is fetched.
// The series colours follow Okabe and Ito (2008), who chose them for every colour vision, darkened for white paper and
// lightened for dark screens until their contrast with the page is at least 3:1; their sky blue became a violet.

export const style = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --surface: #ffffff; --ink: #1b2330; --muted: #596579; --rule: #dde2ea; --grid: #edf0f4;
  --axis: #8a94a6; --accent: #0a66a8; --control: #7d8796; --warn: #fff4d6; --warn-rule: #c98a00;
  --series-0: #0072b2; --series-1: #d55e00; --series-2: #008a65; --series-3: #b3568c; --series-4: #8a6d00;
  --series-5: #7250c9;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161d; --surface: #1a202a; --ink: #e7ebf1; --muted: #9eabbd; --rule: #303948; --grid: #262e3a;
    --axis: #6d788b; --accent: #7cc0f0; --control: #8f9aab; --warn: #3a2f10; --warn-rule: #e0a92e;
    --series-0: #4aa8e8; --series-1: #ff8a3d; --series-2: #2fc99b; --series-3: #e59ac6; --series-4: #e6c229;
    --series-5: #b9a5ff;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main { max-width: 1000px; margin: 0 auto; padding: 32px 24px 48px; }
h1 { margin: 0 0 4px; font-size: 26px; line-height: 1.25; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { margin: 0 0 12px; font-size: 17px; line-height: 1.3; }
p { margin: 0 0 10px; }
.facts { margin: 0 0 24px; color: var(--muted); overflow-wrap: anywhere; }
.facts b { color: var(--ink); font-weight: 600; }
section { margin: 0 0 20px; padding: 20px 22px; background: var(--surface); border: 1px solid var(--rule); border-radius: 10px; }
.warning { background: var(--warn); border-color: var(--warn-rule); }
.read { margin: 0; padding-left: 20px; }
.read li { margin: 0 0 6px; max-width: 78ch; }
.read li::marker { color: var(--axis); }
.chart svg { display: block; max-width: 100%; height: auto; color: var(--muted); }
.chart svg text { white-space: pre; }
.narrow { display: none; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 12px 0 0; padding: 0; list-style: none; font-size: 14px; }
.legend li, td.name > span { display: flex; align-items: center; gap: 7px; }
.legend svg, td.name svg { flex: none; display: block; overflow: visible; }
.small { margin: 12px 0 0; color: var(--muted); font-size: 13px; }
.scroll { overflow-x: auto; margin: 0 -22px; padding: 0 22px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th { color: var(--muted); font-weight: 600; text-align: right; vertical-align: bottom; line-height: 1.3; }
th, td { padding: 6px 8px; border-bottom: 1px solid var(--rule); }
td { text-align: right; white-space: nowrap; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
th.name, td.name, th.note, td.note { text-align: left; }
td.note { white-space: normal; min-width: 170px; color: var(--muted); }
tbody tr:last-child td { border-bottom: 0; }
tr.first td { border-top: 2px solid var(--rule); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; margin: 0; font-size: 14px; }
dt { color: var(--muted); }
dd { margin: 0; overflow-wrap: anywhere; }
.notes { margin: 0; padding-left: 20px; }
footer { color: var(--muted); font-size: 13px; }
@media (max-width: 640px) {
  main { padding: 20px 12px 32px; }
  h1 { font-size: 22px; }
  section { padding: 16px 14px; border-radius: 8px; }
  .scroll { margin: 0 -14px; padding: 0 14px; }
  .wide { display: none; }
  .narrow { display: block; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin: 0 0 8px; }
}
@media print {
  :root {
    color-scheme: light;
    --page: #ffffff; --surface: #ffffff; --ink: #000000; --muted: #444444; --rule: #bbbbbb; --grid: #e4e4e4;
    --axis: #777777; --control: #777777; --warn: #ffffff; --warn-rule: #000000;
    --series-0: #0072b2; --series-1: #d55e00; --series-2: #008a65; --series-3: #b3568c; --series-4: #8a6d00;
    --series-5: #7250c9;
  }
  body { font-size: 10pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main { max-width: none; padding: 0; }
  section { padding: 0; border: 0; break-inside: avoid; }
  section.table, section.settings { break-inside: auto; }
  tr { break-inside: avoid; }
  thead { display: table-header-group; }
  table, dl { font-size: 8.5pt; }
  th, td { padding: 3px 5px; }
  .scroll { overflow: visible; margin: 0; padding: 0; }
  .wide { display: block; }
  .narrow { display: none; }
  .warning { padding: 8px 10px; border: 2px solid #000000; }
}
`;
