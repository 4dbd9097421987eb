# The code in documents.
#
# SPDX-License-Identifier: Apache-2.0

# code_of PAGE LANGUAGE: prints the code blocks of this language in a page of Markdown. Fails if there are none.
code_of() {
  awk -v start="\`\`\`$2" '$0 == start { inside = found = 1; next } /^```$/ { inside = 0 } inside; END { exit !found }' "$1" \
    || die "found no code in $2 in $1"
}
