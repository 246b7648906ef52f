/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stddef.h>

/* What the pages themselves say, in Dutch and English. A policy has more languages, or other words, under the
 * same names (pages.texts). {} is where a value goes. Whoever reads them is no lawyer: short, plain, you.
 *
 * X(number, name, English, Dutch) */
/* clang-format off */
#define PAGE_TEXTS(X)                                                                                       \
    X(TEXT_CONTACT, "contact", "Questions? Ask {}.", "Vragen? Stel ze aan {}.")                             \
    X(TEXT_DEMO_MAIL, "demo_mail", "The mail box of this demonstration",                                    \
      "De postbus van deze demonstratie")                                                                   \
    X(TEXT_DEMO_MAIL_EMPTY, "demo_mail_empty", "There is no mail yet.", "Er is nog geen post.")             \
    X(TEXT_BACK, "back", "Back to {}", "Terug naar {}")                                                     \
    X(TEXT_UNTIL, "until", "This link works until {}.", "Deze link werkt tot en met {}.")                   \
    X(TEXT_OVER_TITLE, "over_title", "This link is over", "Deze link is verlopen")                          \
    X(TEXT_OVER_EXPIRED, "over_expired",                                                                    \
      "Its time has passed. Nothing was changed. If you still want this, ask for it again.",                \
      "De tijd ervoor is voorbij. Er is niets gewijzigd. Wilt u dit nog steeds, vraag het dan "             \
      "opnieuw aan.")                                                                                       \
    X(TEXT_OVER_OVERTAKEN, "over_overtaken",                                                                \
      "After this was asked for, a No was given to it, or to a part of it. The No holds, and nothing of "   \
      "what was asked for was recorded. If you do want it, ask for it again.",                              \
      "Nadat dit is gevraagd is er nee gezegd, tegen alles of tegen een deel ervan. Dat geldt, en van "     \
      "wat is gevraagd is niets vastgelegd. Wilt u het toch, vraag het dan opnieuw aan.")                   \
    X(TEXT_OVER_PURPOSE, "over_purpose",                                                                    \
      "What this link was for does not exist any more.",                                                    \
      "Waar deze link voor was bestaat niet meer.")                                                         \
    X(TEXT_OVER_LOST, "over_lost",                                                                          \
      "What was asked for is not kept any more. If you still want this, ask for it again.",                 \
      "Wat is gevraagd wordt niet meer bewaard. Wilt u dit nog steeds, vraag het dan opnieuw "              \
      "aan.")                                                                                               \
    X(TEXT_OVER_PERSON, "over_person",                                                                      \
      "We keep nothing any more about who this link was for.",                                              \
      "Over degene voor wie deze link was bewaren wij niets meer.")                                         \
    X(TEXT_CONFIRM_TITLE, "confirm_title", "Please confirm", "Bevestig uw keuze")                           \
    X(TEXT_CONFIRM_INTRO, "confirm_intro",                                                                  \
      "You asked {} for this, or somebody did with your address:",                                          \
      "U hebt {} hierom gevraagd, of iemand deed dat met uw adres:")                                        \
    X(TEXT_CONFIRM_GUARDIAN, "confirm_guardian",                                                            \
      "You gave {} your consent for a child, or somebody did with your address:",                           \
      "U gaf {} toestemming voor een kind, of iemand deed dat met uw adres:")                               \
    X(TEXT_CONFIRM_BUTTON, "confirm_button", "Yes, that was me", "Ja, dat was ik")                          \
    X(TEXT_CONFIRM_IGNORE, "confirm_ignore",                                                                \
      "Was it not you? Then close this page. Without the button nothing happens.",                          \
      "Was u het niet? Sluit dan deze pagina. Zonder de knop gebeurt er niets.")                            \
    X(TEXT_CONFIRMED_TITLE, "confirmed_title",                                                              \
      "Thank you, you are subscribed",                                                                      \
      "Dank u wel, u bent aangemeld")                                                                       \
    X(TEXT_CONFIRMED_SINCE, "confirmed_since", "You have been subscribed since {}.",                        \
      "U bent aangemeld sinds {}.")                                                                         \
    X(TEXT_CONFIRMED_ONLY_TITLE, "confirmed_only_title", "You confirmed this", "U hebt dit bevestigd")      \
    X(TEXT_CONFIRMED_ON, "confirmed_on", "You confirmed this on {}.", "U hebt dit bevestigd op {}.")        \
    X(TEXT_CONFIRMED_STOPPED, "confirmed_stopped", "It was stopped on {}.", "Dit is gestopt op {}.")        \
    X(TEXT_CONFIRMED_OUTDATED, "confirmed_outdated",                                                        \
      "The text has changed since you were asked: nothing is done until you say yes to the new text.",      \
      "De tekst is gewijzigd nadat u dit is gevraagd: er gebeurt niets totdat u ja zegt tegen de "          \
      "nieuwe tekst.")                                                                                      \
    X(TEXT_CONFIRMED_GUARDIAN, "confirmed_guardian",                                                        \
      "A parent or guardian still has to agree. Until then nothing is sent.",                               \
      "Een ouder of verzorger moet nog akkoord geven. Tot die tijd wordt er niets verstuurd.")              \
    X(TEXT_CONFIRMED_STOP, "confirmed_stop",                                                                \
      "You can stop at any time, with the link below each message.",                                        \
      "U kunt altijd stoppen, met de link onder elk bericht.")                                              \
    X(TEXT_STOP_TITLE, "stop_title", "Stop?", "Stoppen?")                                                   \
    X(TEXT_STOP_INTRO, "stop_intro",                                                                        \
      "If you press the button, {} stops:",                                                                 \
      "Als u op de knop drukt, stopt {} met:")                                                              \
    X(TEXT_STOP_BUTTON, "stop_button", "Stop", "Stop")                                                      \
    X(TEXT_STOPPED_TITLE, "stopped_title", "It has stopped", "Het is gestopt")                              \
    X(TEXT_STOPPED_INTRO, "stopped_intro", "{} has stopped:", "{} is gestopt met:")                         \
    X(TEXT_STOPPED_SOON, "stopped_soon",                                                                    \
      "A message that is on its way already may still arrive.",                                             \
      "Een bericht dat al onderweg is kan nog aankomen.")                                                   \
    X(TEXT_STOPPED_ALREADY, "stopped_already",                                                              \
      "You stopped this earlier. There is nothing left to do.",                                             \
      "U bent hier al mee gestopt. U hoeft niets meer te doen.")                                            \
    X(TEXT_MORE_TITLE, "more_title", "Other choices", "Andere keuzes")                                      \
    X(TEXT_MORE_INTRO, "more_intro",                                                                        \
      "We can send you a link to a page with all your choices. For your safety it only goes to "            \
      "the address this message was for.",                                                                  \
      "Wij kunnen u een link sturen naar een pagina met al uw keuzes. Voor uw veiligheid gaat "             \
      "die alleen naar het adres waarvoor dit bericht was.")                                                \
    X(TEXT_MORE_EMAIL, "more_email", "Your e-mail address", "Uw e-mailadres")                               \
    X(TEXT_MORE_BUTTON, "more_button", "Send me the link", "Stuur mij de link")                             \
    X(TEXT_MORE_SENT_TITLE, "more_sent_title", "Look in your mail box", "Kijk in uw mailbox")               \
    X(TEXT_MORE_SENT, "more_sent",                                                                          \
      "If this is the address the message was for, a link is on its way to it. It works for one "           \
      "day.",                                                                                               \
      "Als dit het adres is waarvoor het bericht was, is er een link naar onderweg. Die werkt "             \
      "één dag.")                                                                                         \
    X(TEXT_YES_BY_MAIL, "yes_by_mail",                                                                      \
      "To say yes to this, have a link sent to your own address, below: the yes counts from there.",        \
      "Wilt u hier ja op zeggen, laat dan hieronder een link naar uw eigen adres sturen: daar telt "        \
      "uw ja.")                                                                                             \
    X(TEXT_CHOICES_TITLE, "choices_title", "Your choices", "Uw keuzes")                                     \
    X(TEXT_CHOICES_INTRO, "choices_intro",                                                                  \
      "What may {} do? You can change each choice here, now and later.",                                    \
      "Wat mag {}? U kunt elke keuze hier wijzigen, nu en later.")                                          \
    X(TEXT_YES, "yes", "Yes", "Ja")                                                                         \
    X(TEXT_NO, "no", "No", "Nee")                                                                           \
    X(TEXT_SAVE, "save", "Save my choices", "Mijn keuzes opslaan")                                          \
    X(TEXT_STATE_YES, "state_yes", "You said yes on {}.", "U hebt ja gezegd op {}.")                        \
    X(TEXT_STATE_NO, "state_no", "You said no on {}.", "U hebt nee gezegd op {}.")                          \
    X(TEXT_STATE_YES_GUARDIAN, "state_yes_guardian",                                                        \
      "A parent or guardian said yes on {}.",                                                               \
      "Een ouder of verzorger heeft ja gezegd op {}.")                                                      \
    X(TEXT_STATE_NO_GUARDIAN, "state_no_guardian",                                                          \
      "A parent or guardian said no on {}.",                                                                \
      "Een ouder of verzorger heeft nee gezegd op {}.")                                                     \
    X(TEXT_STATE_NO_SIGNAL, "state_no_signal",                                                              \
      "Your browser said no on {}.",                                                                        \
      "Uw browser heeft nee gezegd op {}.")                                                                 \
    X(TEXT_STATE_NO_ELSEWHERE, "state_no_elsewhere",                                                        \
      "No was said on {}, by an address or code that goes with yours.",                                     \
      "Er is nee gezegd op {}, met een adres of code die bij de uwe hoort.")                                \
    X(TEXT_STATE_OBJECTED, "state_objected", "You objected on {}.", "U hebt bezwaar gemaakt op {}.")        \
    X(TEXT_STATE_NEVER, "state_never",                                                                      \
      "You have not been asked yet: nothing is done.",                                                      \
      "U hebt nog niets gekozen: er gebeurt niets.")                                                        \
    X(TEXT_STATE_WAITS, "state_waits",                                                                      \
      "This waits for your confirmation: nothing is done until then.",                                      \
      "Dit wacht op uw bevestiging: tot die tijd gebeurt er niets.")                                        \
    X(TEXT_STATE_OVER, "state_over",                                                                        \
      "Your yes of {} does not hold any more.",                                                             \
      "Uw ja van {} geldt niet meer.")                                                                      \
    X(TEXT_STATE_OVER_GUARDIAN, "state_over_guardian",                                                      \
      "The yes of a parent or guardian of {} does not hold any more.",                                      \
      "Het ja van een ouder of verzorger van {} geldt niet meer.")                                          \
    X(TEXT_STATE_GUARDIAN, "state_guardian",                                                                \
      "A parent or guardian has to agree: nothing is done until then.",                                     \
      "Een ouder of verzorger moet akkoord geven: tot die tijd gebeurt er niets.")                          \
    X(TEXT_STATE_DONE, "state_done",                                                                        \
      "This is done unless you object.",                                                                    \
      "Dit gebeurt, tenzij u bezwaar maakt.")                                                               \
    X(TEXT_STATE_HELD, "state_held", "This is not done at present.", "Dit gebeurt op dit moment niet.")     \
    X(TEXT_STATE_ENTITIES, "state_entities",                                                                \
      "This is so for: {}. For the others it is not done.",                                                 \
      "Dit geldt voor: {}. Voor de andere gebeurt het niet.")                                               \
    X(TEXT_STATE_ADDRESSES, "state_addresses",                                                              \
      "This is so for some of your addresses or codes. For others it is no.",                               \
      "Dit geldt voor een deel van uw adressen of codes. Voor andere is het nee.")                          \
    X(TEXT_OTHER_TITLE, "other_title",                                                                      \
      "What does not depend on a choice",                                                                   \
      "Wat niet van een keuze afhangt")                                                                     \
    X(TEXT_ALL_TITLE, "all_title", "Stop everything", "Alles stoppen")                                      \
    X(TEXT_ALL_INTRO, "all_intro",                                                                          \
      "No to everything above, and to what {} comes to ask later.",                                         \
      "Nee tegen alles hierboven, en tegen wat {} later nog vraagt.")                                       \
    X(TEXT_ALL_BUTTON, "all_button", "Stop everything", "Alles stoppen")                                    \
    X(TEXT_SAVED, "saved", "Your choices are saved.", "Uw keuzes zijn opgeslagen.")                         \
    X(TEXT_UNCHANGED, "unchanged",                                                                          \
      "Nothing was changed: these were your choices already.",                                              \
      "Er is niets gewijzigd: dit waren uw keuzes al.")                                                     \
    X(TEXT_CHANGED, "changed",                                                                              \
      "Something was changed after you opened this page. Below is how it stands now. Where it says so, "    \
      "your answer was not saved: choose again.",                                                           \
      "Er is iets gewijzigd nadat u deze pagina opende. Hieronder staat hoe het nu is. Waar dat erbij "     \
      "staat, is uw antwoord niet opgeslagen: kies daar opnieuw.")                                          \
    X(TEXT_CHANGED_THIS, "changed_this",                                                                    \
      "This was changed in the meantime. Choose again.",                                                    \
      "Dit is intussen gewijzigd. Kies opnieuw.")                                                           \
    X(TEXT_RECEIPT, "receipt", "Last change", "Laatste wijziging")                                          \
    X(TEXT_RECEIPT_NUMBER, "receipt_number", "Number", "Nummer")                                            \
    X(TEXT_RIGHTS_TITLE, "rights_title", "Your rights", "Uw rechten")                                       \
    X(TEXT_RIGHTS, "rights",                                                                                \
      "You may see what is kept of you, have it corrected, taken with you or erased, and "                  \
      "object. Ask {}.",                                                                                    \
      "U mag zien wat er van u wordt bewaard, het laten verbeteren, meenemen of wissen, en "                \
      "bezwaar maken. Vraag het aan {}.")                                                                   \
    X(TEXT_OFFICER, "officer", "About your data: {}.", "Over uw gegevens: {}.")                             \
    X(TEXT_AUTHORITY, "authority", "You may complain to {}.", "U kunt een klacht indienen bij {}.") \
    X(TEXT_GUARDIAN_TITLE, "guardian_title", "May your child?", "Mag het van u?")                            \
    X(TEXT_GUARDIAN_SAID_TITLE, "guardian_said_title", "What you decided", "Wat u besloot")                  \
    X(TEXT_GUARDIAN_INTRO, "guardian_intro",                                                                 \
      "{} asks you, as the parent, carer or legal representative of a child, for your consent. "             \
      "The child, or somebody with the child, gave us your address. Please tick what you agree "             \
      "to. What you do not tick stays off.",                                                                 \
      "{} vraagt u, als ouder, verzorger of wettelijk vertegenwoordiger van een kind, om "                   \
      "toestemming. Het kind, of iemand bij het kind, gaf ons uw adres. Kruis aan wat u "                    \
      "goedvindt. Wat u niet aankruist, blijft uit.")                                                        \
    X(TEXT_GUARDIAN_TICK, "guardian_tick", "I agree to this", "Dit vind ik goed")                            \
    X(TEXT_GUARDIAN_ROLE, "guardian_role", "I am", "Ik ben")                                                 \
    X(TEXT_ROLE_PARENT, "role_parent", "a parent", "ouder")                                                  \
    X(TEXT_ROLE_CARER, "role_carer", "a carer", "verzorger")                                                 \
    X(TEXT_ROLE_LEGAL_REPRESENTATIVE, "role_legal_representative", "the legal representative",               \
      "wettelijk vertegenwoordiger")                                                                         \
    X(TEXT_GUARDIAN_SIGN, "guardian_sign", "My full name, as my signature",                                  \
      "Mijn volledige naam, als handtekening")                                                               \
    X(TEXT_GUARDIAN_GIVE, "guardian_give", "I give my consent", "Ik geef toestemming")                       \
    X(TEXT_GUARDIAN_REFUSE, "guardian_refuse", "I refuse all of it", "Ik weiger alles")                      \
    X(TEXT_GUARDIAN_UNKNOWN, "guardian_unknown",                                                             \
      "Do you know nothing of this? Then refuse, or do nothing: without you nothing happens.",               \
      "Weet u hier niets van? Weiger dan, of doe niets: zonder u gebeurt er niets.")                         \
    X(TEXT_GUARDIAN_GAVE, "guardian_gave", "You gave your consent on {}.", "U gaf toestemming op {}.")       \
    X(TEXT_GUARDIAN_REFUSED, "guardian_refused", "You said no on {}.", "U zei nee op {}.")                   \
    X(TEXT_GUARDIAN_WITHDRAW_HOW, "guardian_withdraw_how",                                                   \
      "You can take your consent back at any time, on this page. Keep the link.",                            \
      "U kunt uw toestemming altijd intrekken, op deze pagina. Bewaar de link.")                             \
    X(TEXT_GUARDIAN_WITHDRAW, "guardian_withdraw", "Take my consent back", "Toestemming intrekken")          \
    X(TEXT_GUARDIAN_OVER, "guardian_over",                                                                   \
      "Nobody waits for your answer any more. If it is still wanted, you will be asked again.",              \
      "Er wacht niemand meer op uw antwoord. Als het nog nodig is, wordt u opnieuw gevraagd.")               \
    X(TEXT_GUARDIAN_RECORDED, "guardian_recorded", "Thank you. This was recorded.",                          \
      "Dank u. Dit is vastgelegd.")                                                                          \
    X(TEXT_GUARDIAN_AGAIN, "guardian_again",                                                                 \
      "You sent this before. Nothing new was recorded.",                                                     \
      "Dit hebt u al eerder verstuurd. Er is niets nieuws vastgelegd.")                                      \
    X(TEXT_GUARDIAN_NOTHING, "guardian_nothing", "Nothing was recorded.", "Er is niets vastgelegd.")         \
    X(TEXT_GUARDIAN_PAPER, "guardian_paper",                                                                 \
      "You cannot agree to this here: {} has to ask you in another way, on paper for instance.",             \
      "Hier kunt u dit niet goedvinden: {} moet het u op een andere manier vragen, bijvoorbeeld op papier.") \
    X(TEXT_GUARDIAN_NO_BOX, "guardian_no_box",                                                               \
      "You ticked nothing. Tick what you agree to, or refuse all of it.",                                    \
      "U kruiste niets aan. Kruis aan wat u goedvindt, of weiger alles.")                                    \
    X(TEXT_GUARDIAN_NO_ROLE, "guardian_no_role", "Please say who you are to the child.",                     \
      "Geef aan wie u voor het kind bent.")                                                                  \
    X(TEXT_GUARDIAN_NO_NAME, "guardian_no_name", "Please type your full name: at most 200 characters.",      \
      "Typ uw volledige naam: hoogstens 200 tekens.")                                                        \
    X(TEXT_GUARDIAN_CHANGED, "guardian_changed",                                                             \
      "The text has changed since you opened this page. Please read it again.",                              \
      "De tekst is gewijzigd sinds u deze pagina opende. Lees hem nog eens.")                                \
    X(TEXT_IDENTITY_TITLE, "identity_title", "Did you ask this?", "Hebt u dit gevraagd?")                    \
    X(TEXT_IDENTITY_INTRO, "identity_intro", "{} was asked, in your name:",                                  \
      "Uit uw naam is aan {} gevraagd:")                                                                     \
    X(TEXT_IDENTITY_WHY, "identity_why",                                                                     \
      "Before it is answered we want to be sure that it was you.",                                           \
      "Voordat er antwoord komt, willen wij zeker weten dat u het was.")                                     \
    X(TEXT_IDENTITY_DONE_TITLE, "identity_done_title", "Thank you", "Dank u wel")                            \
    X(TEXT_IDENTITY_DONE, "identity_done",                                                                   \
      "You confirmed on {} that it was you. You need do nothing more: the answer comes to you.",             \
      "Op {} bevestigde u dat u het was. U hoeft niets meer te doen: het antwoord komt naar u toe.")         \
    X(TEXT_IDENTITY_OVER, "identity_over",                                                                   \
      "Nobody waits for this any more.", "Hier wacht niemand meer op.")                                      \
    X(TEXT_ASKED_ACCESS, "asked_access", "to see what is kept of you",                                       \
      "inzage in wat er van u wordt bewaard")                                                                \
    X(TEXT_ASKED_PORTABILITY, "asked_portability", "a copy of your data to take with you",                   \
      "een kopie van uw gegevens om mee te nemen")                                                           \
    X(TEXT_ASKED_RECTIFICATION, "asked_rectification", "to correct your data", "uw gegevens te verbeteren")  \
    X(TEXT_ASKED_ERASURE, "asked_erasure", "to erase your data", "uw gegevens te wissen")                    \
    X(TEXT_ASKED_RESTRICTION, "asked_restriction", "to stop using your data for now",                        \
      "uw gegevens voorlopig niet te gebruiken")                                                             \
    X(TEXT_ASKED_OBJECTION, "asked_objection", "to stop, because you object to it",                          \
      "ergens mee te stoppen, omdat u er bezwaar tegen hebt")                                                \
    X(TEXT_ASKED_WITHDRAWAL, "asked_withdrawal", "to take your consent back",                                \
      "uw toestemming in te trekken")                                                                        \
    X(TEXT_ASKED_HUMAN_REVIEW, "asked_human_review", "that a person looks at what a computer decided",       \
      "dat een mens kijkt naar wat een computer besloot")
/* clang-format on */

#define PAGE_TEXT_MEMBER(number, name, english, dutch) number,
/* 0 is no text, so that zeroed memory says nothing. */
enum page_text { TEXT_NONE, PAGE_TEXTS(PAGE_TEXT_MEMBER) PAGE_TEXTS_END, PAGE_TEXT_FIRST = 1 };
#undef PAGE_TEXT_MEMBER
enum { PAGE_TEXT_COUNT = PAGE_TEXTS_END - 1 };

enum { PAGE_TEXT_BYTES_MAX = 1000 }; /* of one that a policy has */
/* As policies call it. */
const char *page_text_name(enum page_text text);
/* In ${language} (BCP 47), where it is Dutch or English; else NULL. */
const char *page_text_in(enum page_text text, const char *language);
/* Which of them a policy calls so; TEXT_NONE: none. */
enum page_text page_text_find(const char *name);
