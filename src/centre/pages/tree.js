// @ts-check
// A small virtual tree: what a view wants to show, and the least change of the page that shows it. Focus, half-typed text and
// scroll places survive a live picture that changes each second, because elements stay the elements they were.

/**
 * @typedef {{tag: string, key: string | number | undefined, props: Record<string, any>, children: Node_[], text?: string, dom?: any}} Node_
 */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * An element to be. Props: `onclick` and such are listeners, `.name` sets a property, `style` is an object of properties,
 * `key` tells siblings apart, all else are attributes (`false`, `null`, `undefined` take them away).
 * @param {string} tag
 * @param {Record<string, any> | null} [props]
 * @param {...any} children
 * @returns {Node_}
 */
export function h(tag, props, ...children) {
  const { key, ...rest } = props ?? {};
  return { tag, key, props: rest, children: nodes(children) };
}

/** @param {any[]} children @returns {Node_[]} */
function nodes(children) {
  /** @type {Node_[]} */
  const out = [];
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === '') continue;
    out.push(typeof child === 'object' ? child : { tag: '', key: undefined, props: {}, children: [], text: String(child) });
  }
  return out;
}

/**
 * Makes the children of `host` what `wanted` says.
 * @param {any} host
 * @param {any} wanted child or children, however nested
 */
export function patch(host, wanted) {
  const fresh = nodes([wanted]);
  reconcile(host, host.tree_ ?? [], fresh, host.namespaceURI === SVG);
  host.tree_ = fresh;
}

/** @param {Node_} a @param {Node_} b */
const alike = (a, b) => a.tag === b.tag && a.key === b.key;

/** @param {any} host @param {Node_[]} old @param {Node_[]} fresh @param {boolean} svg */
function reconcile(host, old, fresh, svg) {
  const left = new Set(old);
  /** @type {Map<string, Node_>} */
  const keyed = new Map();
  for (const node of old) if (node.key !== undefined) keyed.set(`${node.tag}|${node.key}`, node);
  let next = 0;
  /** @type {(Node_ | undefined)[]} */
  const matches = [];
  for (const node of fresh) {
    let match;
    if (node.key !== undefined) {
      match = keyed.get(`${node.tag}|${node.key}`);
    } else {
      // the next of the old that is alike, a few places on: those between are gone
      for (let k = next; k < Math.min(old.length, next + 8); k += 1) {
        if (alike(old[k], node)) { match = old[k]; next = k + 1; break; }
      }
    }
    if (match && !left.delete(match)) match = undefined;
    matches.push(match);
  }
  // what is gone goes first, so that what stays need not be moved: a moved element loses the focus
  for (const node of left) node.dom.remove();
  /** @type {ChildNode | null} */
  let place = null;
  for (let k = fresh.length - 1; k >= 0; k -= 1) {
    const [node, match] = [fresh[k], matches[k]];
    if (match) {
      node.dom = match.dom;
      update(match, node, svg);
    } else {
      node.dom = create(node, svg);
    }
    if (node.dom.parentNode !== host || node.dom.nextSibling !== place) host.insertBefore(node.dom, place);
    place = node.dom;
  }
}

/** @param {Node_} node @param {boolean} svg @returns {any} */
function create(node, svg) {
  if (node.tag === '') return document.createTextNode(node.text ?? '');
  const drawn = svg || node.tag === 'svg';
  const dom = drawn ? document.createElementNS(SVG, node.tag) : document.createElement(node.tag);
  for (const [name, value] of Object.entries(node.props)) put(dom, name, value, undefined);
  reconcile(dom, [], node.children, drawn);
  // a select can only be given its value when its options are there; they came last to first, so the browser chose the last
  if (node.tag === 'select') {
    const chosen = node.children.findIndex((one) => one.props.selected === true);
    if ('.value' in node.props) /** @type {any} */ (dom).value = node.props['.value'];
    else /** @type {any} */ (dom).selectedIndex = Math.max(0, chosen);
  }
  return dom;
}

/** @param {Node_} old @param {Node_} node @param {boolean} svg */
function update(old, node, svg) {
  if (node.tag === '') {
    if (old.text !== node.text) node.dom.data = node.text;
    return;
  }
  for (const name of Object.keys(old.props)) if (!(name in node.props)) put(node.dom, name, undefined, old.props[name]);
  for (const [name, value] of Object.entries(node.props)) if (value !== old.props[name]) put(node.dom, name, value, old.props[name]);
  reconcile(node.dom, old.children, node.children, svg || node.tag === 'svg');
}

/** @param {any} dom @param {string} name @param {any} value @param {any} old */
function put(dom, name, value, old) {
  if (name.startsWith('on')) {
    const type = name.slice(2);
    dom.heard_ ??= {};
    if (!(type in dom.heard_)) dom.addEventListener(type, (/** @type {Event} */ event) => dom.heard_[type]?.(event));
    dom.heard_[type] = value;
  } else if (name.startsWith('.')) {
    if (value !== undefined) dom[name.slice(1)] = value;
  } else if (name === 'style') {
    for (const key of Object.keys(old ?? {})) if (!(key in (value ?? {}))) dom.style.removeProperty(key);
    for (const [key, one] of Object.entries(value ?? {})) if (one !== old?.[key]) dom.style.setProperty(key, String(one));
  } else if (value === undefined || value === null || value === false) {
    dom.removeAttribute(name);
  } else {
    dom.setAttribute(name, value === true ? '' : String(value));
  }
}
