// Intrusive doubly linked list with a sentinel: push, unlink and splice are O(1) and never
// allocate.
#pragma once

namespace eddy::engine {

struct list_node {
  list_node* next = nullptr;
  list_node* prev = nullptr;

  void unlink() {
    next->prev = prev;
    prev->next = next;
  }
};

// A list head points at itself when empty, so linking needs no branches. It must not move while it
// holds nodes.
class list_head {
 public:
  list_head() { clear(); }
  list_head(const list_head&) = delete;
  list_head& operator=(const list_head&) = delete;

  bool empty() const { return sentinel_.next == &sentinel_; }
  list_node* front() { return sentinel_.next; }
  list_node* end() { return &sentinel_; }

  void push_back(list_node* node) { insert_before(&sentinel_, node); }
  void push_front(list_node* node) { insert_before(sentinel_.next, node); }

  // The list must not be empty.
  void pop_front() {
    list_node* second = sentinel_.next->next;
    sentinel_.next = second;
    second->prev = &sentinel_;
  }

  // Moves all nodes of `other` behind ours.
  void splice_back(list_head& other) {
    if (other.empty()) return;
    list_node* first = other.sentinel_.next;
    list_node* last = other.sentinel_.prev;
    first->prev = sentinel_.prev;
    sentinel_.prev->next = first;
    last->next = &sentinel_;
    sentinel_.prev = last;
    other.clear();
  }

  static void insert_before(list_node* place, list_node* node) {
    // In this order, or GCC 12 joins the stores to `node` by way of three vector instructions.
    list_node* const before = place->prev;
    place->prev = node;
    node->next = place;
    before->next = node;
    node->prev = before;
  }

 private:
  void clear() { sentinel_.next = sentinel_.prev = &sentinel_; }

  list_node sentinel_;
};

}  // namespace eddy::engine
