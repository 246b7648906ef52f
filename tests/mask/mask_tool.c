/* SPDX-License-Identifier: Apache-2.0 */
#include "command/mask.h"

/* `akkoord mask` alone, so that its tests need nothing of the service. */
int main(int argc, char **argv)
{
    return mask_command(argc, argv);
}
