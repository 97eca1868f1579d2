// Only dispatches: everything else is in proxy/cli.
#include "proxy/cli/commands.h"

int main(int argc, char** argv) {
  using namespace truemirror;
  return run_cli(argc, argv, {serve_command, replay_command, diff_command});
}
