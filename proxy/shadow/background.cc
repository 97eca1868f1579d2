#include "proxy/shadow/background.h"

#include <pthread.h>
#include <sched.h>

namespace truemirror {

void enter_background(const char* name) {
  pthread_setname_np(pthread_self(), name);
  const sched_param none{};
  sched_setscheduler(0, SCHED_BATCH, &none);
}

}  // namespace truemirror
