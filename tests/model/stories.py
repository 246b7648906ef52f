#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: what happens every day is answered as stories.txt says, by the model and by the service, in two orders."""
import pathlib
import random
import sys

from lib.house import say
from model import World
from notation import NOW, question_text, stories_read
from policies import ENTITIES, POLICY, SIMILAR, each_of
from real import Real

HERE = pathlib.Path(__file__).resolve().parent


def wrong_of(title, who, questions, answers):
    return [f"{title}\n    {who}: {question_text(*question[:4], answer)}, not {question[4]}"
            for question, answer in zip(questions, answers, strict=True) if answer != question[4]]


def main():
    stories = [story for name in ("stories.txt", "found.txt") for story in stories_read(HERE / name)]
    chance = random.Random(1)
    wrong = []
    with Real("stories", chance, services=1) as real:
        copies = [(story, real.copy(order, chance)) for story in stories for order in (story[1], story[1][::-1])]
        real.tell([copy for _, copy in copies])
        for (title, acts, questions), copy in copies:
            world = World([said for act in acts for said in each_of(act)], POLICY, ENTITIES, similar=SIMILAR)
            wrong += wrong_of(title, "the model", questions, [world.check(*q[:2], NOW, *q[2:4]) for q in questions])
            wrong += wrong_of(title, "the service", questions, real.check([(copy.number, *q[:4]) for q in questions]))
    say("\n".join(wrong))
    say(f"{len(stories)} stories, each in two orders; {len(wrong)} answers are wrong")
    sys.exit(bool(wrong))


main()
