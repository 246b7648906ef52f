/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "wire/reader.h"

/* Texts by language out of a policy document. */

/* The language to answer in: ${wanted}, or where that is NULL the first of the controller's, or else English.
 * Lives as long as ${wanted} and the reader. */
const char *language_of(const struct node *document, const char *wanted);
/* The languages that a document speaks: the controller's, else those of its first notice, else English. Each
 * is told once, in lower case, until ${take} returns false. */
enum { LANGUAGE_CHOSEN_SIZE = 16 };
typedef bool language_take(void *cookie, const char *language);
void languages_each(const struct node *document, language_take *take, void *cookie);
/* Of these the one that serves best who asks for ${wanted}, any text or NULL; where none does, the first.
 * What anybody may ask for gives no more answers than there are languages. Lives in ${room}. */
void language_choose(const struct node *document, const char *wanted, char room[LANGUAGE_CHOSEN_SIZE]);
/* Whether ${tag} has the shape of a language tag (BCP 47) of at most 15 bytes. */
bool language_is_tag(const char *tag);
/* Whether ${tag} is ${language} or a part of it ("nl-BE" of "nl"); capitals do not count. */
bool language_is_of(const char *tag, const char *language);
/* Of ${texts}, one text or an object of them by language, the one in ${language}; else in a tag that begins
 * alike ("nl" for "nl-BE"); else in the first of the controller's languages that there is; else the first. ""
 * where there is none. ${ret_language}, which may be NULL, gets its tag as the document has it; "" for a text
 * without one. All live as long as the reader. */
const char *language_text(const struct node *document, const struct node *texts, const char *language,
                          const char **ret_language);
/* As language_text, and no text in another language; one without a language fits each. */
const char *language_text_fitting(const struct node *texts, const char *language);
