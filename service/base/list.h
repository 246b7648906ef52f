/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* An intrusive, circular, doubly linked list. A head and an unlinked node both point at themselves. */
struct list {
    struct list *next;
    struct list *prev;
};

#define list_entry(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

#define list_each(pos, head) for (struct list *pos = (head)->next; pos != (head); pos = pos->next)

/* As list_each; the current node may be removed. */
#define list_each_safe(pos, head)                                                                            \
    for (struct list *pos = (head)->next, *pos##_next = pos->next; pos != (head);                            \
         pos = pos##_next, pos##_next = pos->next)

static inline void list_init(struct list *node)
{
    node->next = node->prev = node;
}

static inline bool list_empty(const struct list *head)
{
    return head->next == head;
}

static inline void list_append(struct list *head, struct list *node)
{
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}

/* Leaves ${node} pointing at itself, so removing twice is harmless. */
static inline void list_remove(struct list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

/* As list_remove, for a node that may never have been in a list (zeroed). */
static inline void list_drop(struct list *node)
{
    if (node->next != NULL)
        list_remove(node);
}

/* Returns the first node, removed, or NULL. */
static inline struct list *list_shift(struct list *head)
{
    struct list *node = head->next;
    if (node == head)
        return NULL;
    /* To the analyzer a node that was taken is there still. NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
    list_remove(node);
    return node;
}

/* Appends all of ${from} to ${to} and leaves ${from} empty. */
static inline void list_move_all(struct list *to, struct list *from)
{
    if (list_empty(from))
        return;
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    list_init(from);
}
