// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* All programs of the runtime in one object, so that they share their maps. The loader loads those that the host can use. */
#include "warmor.h"
#include "files.h"
#include "attributes.h"
#include "mounts.h"
#include "exec.h"
#include "privileges.h"
#include "processes.h"
#include "system.h"
#include "trace.h"
#include "net.h"
#include "sockets.h"
