"use strict";
// As much of ScriptUI as a panel touches: elements in elements, lists with a selection.

class Element {
  constructor(type, content) {
    this.type = type;
    this.text = typeof content === "string" ? content : "";
    this.children = [];
    this.items = [];
    this.chosen = null;
    this.subItems = [{ text: "" }, { text: "" }];
    this.layout = { layout() {} };
  }

  add(type, _bounds, content) {
    const made = new Element(type, type === "item" ? _bounds : content);
    if (type === "item") {
      made.index = this.items.length;
      this.items.push(made);
    } else this.children.push(made);
    return made;
  }

  removeAll() {
    this.items = [];
    this.chosen = null;
  }

  get selection() {
    return this.chosen;
  }

  /** An item or its index, as ScriptUI takes both. */
  set selection(item) {
    this.chosen = typeof item === "number" ? this.items[item] : item;
    if (this.onChange) this.onChange();
  }

  find(text) {
    if (this.text === text) return this;
    for (const child of this.children) {
      const found = child.find(text);
      if (found) return found;
    }
    return null;
  }
}

module.exports = { Element };
