// Only dispatches: parsing is cli/'s, and so are the commands.
#include "proxy/cli/commands.h"

int main(int argc, char** argv) {
  return truemirror::run_cli(argc, argv,
                             {truemirror::serve_command, truemirror::replay_command, truemirror::diff_command});
}
