/* report_embed.h - the style and the script that every report carries. */
#ifndef SIM_REPORT_REPORT_EMBED_H
#define SIM_REPORT_REPORT_EMBED_H

/* Terminated. */
extern const char report_style[], report_script[];

#endif
