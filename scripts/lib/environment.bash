# What every script needs to hold, whoever calls it and from where: messages and texts in UTF-8 and English, files that
# others may read, folders found by their own path. Sourced first.
#
# SPDX-License-Identifier: Apache-2.0

# A new system has no LANG, and other programs' messages, which scripts read, are translated. R wants UTF-8.
export LC_ALL=C.UTF-8
unset LANGUAGE LANG CDPATH
umask 022

# The settings of the person who builds are not those of the project.
export R_PROFILE_USER='' R_ENVIRON_USER='' R_MAKEVARS_USER=/dev/null
export PYTHONDONTWRITEBYTECODE=1
unset GREP_OPTIONS POSIXLY_CORRECT
