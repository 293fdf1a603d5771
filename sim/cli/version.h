/* The version, from the build. */
#ifndef SIM_CLI_VERSION_H
#define SIM_CLI_VERSION_H

#define CLI_VERSION WG_VERSION

#endif
