# The settings that all scripts need: messages and texts in UTF-8 and English, files that other users may read, and no
# influence of the user's settings. Every script sources this file first.
#
# SPDX-License-Identifier: Apache-2.0

# A new system has no LANG. Scripts read messages of other programs, which must not be translated. R needs UTF-8.
export LC_ALL=C.UTF-8
unset LANGUAGE LANG CDPATH
umask 022

# Settings of the user must not affect the project.
export R_PROFILE_USER='' R_ENVIRON_USER='' R_MAKEVARS_USER=/dev/null
export PYTHONDONTWRITEBYTECODE=1
unset GREP_OPTIONS POSIXLY_CORRECT
