// Run by node's own runner: `node --test tests/assets/`.
import assert from "node:assert/strict";
import {test} from "node:test";

await import("../../assets/graph_data.js");
const data = globalThis.graphData;

const NODES = {kind: [0, 0, 1, 2, 3], influence: [0.4, 0.7, 0.6, 0.9, 0], inflow: [2, 8, 0, 0, 5]};
const EDGES = {source: [1, 0, 2, 3], target: [4, 1, 1, 0], weight: [5, -1, 2, 2]};

/* The same layout as components/graph_binary.py writes. */
function block() {
  const arrays = [
    ["kind", Uint8Array, "uint8"], ["influence", Float32Array, "float32"], ["inflow", Float32Array, "float32"],
    ["source", Uint32Array, "uint32"], ["target", Uint32Array, "uint32"], ["weight", Float32Array, "float32"],
  ].map(([name, type, dtype]) => ({name, dtype, values: type.from({...NODES, ...EDGES}[name])}));
  let offset = 0;
  const entries = arrays.map(({name, dtype, values}) => {
    const entry = {name, type: dtype, offset, length: values.length};
    offset += Math.ceil(values.byteLength / 4) * 4;
    return entry;
  });
  let text = JSON.stringify({ids: ["a", "b", "e", "t", "é"], tokens: ["x"], arrays: entries});
  let header = new TextEncoder().encode(text);
  text += " ".repeat((4 - header.length % 4) % 4);
  header = new TextEncoder().encode(text);
  const bytes = new Uint8Array(4 + header.length + offset);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  bytes.set(header, 4);
  arrays.forEach(({values}, n) => bytes.set(new Uint8Array(values.buffer), 4 + header.length + entries[n].offset));
  return bytes.buffer;
}

const graph = data.decode(block());

test("a block is read back with its strings and arrays", () => {
  assert.deepEqual([...graph.weight], EDGES.weight);
  assert.equal(graph.ids[4], "é");
  assert.equal(graph.number.get("e"), 2);
});

test("a share is the weight over all that flows into the target", () => {
  assert.deepEqual([...graph.share], [1, -0.125, 0.25, 1]);
});

test("a share of nothing is zero and not NaN", () => {
  const buffer = block(), once = data.decode(buffer);
  once.inflow.fill(0);
  assert.deepEqual([...data.decode(buffer).share], [0, 0, 0, 0]);
});

test("each node knows its edges in both directions", () => {
  assert.deepEqual([...graph.incoming(1)], [1, 2]);
  assert.deepEqual([...graph.outgoing(1)], [0]);
  assert.deepEqual([...graph.incoming(3)], []);
});

test("tokens, logits and the selected node are always shown", () => {
  assert.deepEqual([...data.visible(graph, 0.5, true, -1)], [1, 0, 0, 1, 1]);
  assert.deepEqual([...data.visible(graph, 0.5, true, 1)], [1, 1, 0, 1, 1]);
});

test("errors can be left out", () => {
  assert.deepEqual([...data.visible(graph, 1, true, -1)], [1, 1, 1, 1, 1]);
  assert.deepEqual([...data.visible(graph, 1, false, -1)], [1, 1, 0, 1, 1]);
});

test("the strongest edges between shown nodes are taken", () => {
  assert.deepEqual([...data.visibleEdges(graph, [1, 1, 1, 1, 1], 2)], [0, 1]);
  assert.deepEqual([...data.visibleEdges(graph, [1, 1, 0, 1, 1], 9)], [0, 1, 3]);
});

test("edges are put together by sign and strength, weakest first", () => {
  const found = data.buckets(graph, [0, 1, 2, 3]);
  assert.deepEqual(found.map(one => [one.sign, one.edges]), [["negative", [1]], ["positive", [0, 2, 3]]]);
  assert.ok(found[0].level < found[1].level);
});

test("connections are split by direction and sign, largest weight first", () => {
  const {in: into, out} = data.connections(graph, 1);
  assert.deepEqual(into.positive.edges, [2]);
  assert.deepEqual(into.negative.edges, [1]);
  assert.equal(into.negative.sum, -0.125);
  assert.deepEqual(out.positive.edges, [0]);
});

test("arrow keys lead along the row, and to the nearest node of the next row", () => {
  const x = [0, 10, 40, 12], y = [0, 0, 0, -30], all = [1, 1, 1, 1];
  assert.equal(data.step(all, x, y, 0, "ArrowRight"), 1);
  assert.equal(data.step(all, x, y, 2, "ArrowLeft"), 1);
  assert.equal(data.step(all, x, y, 2, "ArrowUp"), 3);
  assert.equal(data.step(all, x, y, 3, "ArrowDown"), 1);
  assert.equal(data.step(all, x, y, 0, "ArrowLeft"), 0);
  assert.equal(data.step([1, 0, 1, 1], x, y, 0, "ArrowRight"), 2);
});
