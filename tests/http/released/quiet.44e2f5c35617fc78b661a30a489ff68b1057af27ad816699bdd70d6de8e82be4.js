/* SPDX-License-Identifier: Apache-2.0 */
/* Stands for a script of an earlier release, in test builds alone. */
"use strict";
