# Reads services.tsv, the table of services, for shell scripts: source it. Sets
#
#   SERVICES        the names, in the table's order
#   SERVICE         each cell of the table: ${SERVICE[NAME.COLUMN]}
#   SERVICE_PORTS   the settings of their public ports, such as CART_ORDER_PORT, in the same order
#   SERVICE_POOLS   the variables that hold their pools' addresses, such as CART_ORDER_POOL
#
# shellcheck shell=bash disable=SC2034

SERVICES=() SERVICE_PORTS=() SERVICE_POOLS=()
declare -A SERVICE=()

# services_read FILE: fails at a row with fewer or more cells than the header has.
services_read() {
	local -a columns=() cells=()
	local line i
	while IFS= read -r line; do
		case $line in
		'# name'$'\t'*) IFS=$'\t' read -ra columns <<<"${line#\# }" ;;
		'#'* | '') ;;
		*)
			IFS=$'\t' read -ra cells <<<"$line"
			((${#cells[@]} == ${#columns[@]})) || {
				printf '%s: a row without a cell for each column: %s\n' "$1" "$line" >&2
				return 1
			}
			for i in "${!columns[@]}"; do
				SERVICE[${cells[0]}.${columns[i]}]=${cells[i]}
			done
			SERVICES+=("${cells[0]}")
			SERVICE_PORTS+=("${cells[0]^^}_PORT")
			SERVICE_POOLS+=("${cells[0]^^}_POOL")
			;;
		esac
	done <"$1"
}

# Copies a template from standard input to standard output. The lines between `# each service` and `# end` (or
# the same after a `;`) are repeated for each service. In them, @COLUMN@ stands for the service's cell, and
# @NAME@ for its name in capitals. Fails where a block has no end.
services_expand() {
	local line block='' inside=no name
	while IFS= read -r line || [[ -n $line ]]; do
		if [[ $line =~ ^[[:space:]]*[#\;]\ each\ service$ ]]; then
			inside=yes
		elif [[ $inside == no ]]; then
			printf '%s\n' "$line"
		elif [[ $line =~ ^[[:space:]]*[#\;]\ end$ ]]; then
			for name in "${SERVICES[@]}"; do
				services_fill "$name" "$block"
			done
			block='' inside=no
		else
			block+=$line$'\n'
		fi
	done
	[[ $inside == no ]]
}

# services_fill NAME TEXT: prints a text about one service.
services_fill() {
	local text=$2 key
	text=${text//@NAME@/${1^^}}
	for key in "${!SERVICE[@]}"; do
		[[ $key != "$1".* ]] || text=${text//"@${key#*.}@"/"${SERVICE[$key]}"}
	done
	printf '%s' "$text"
}

services_read "$(dirname "${BASH_SOURCE[0]}")/../services.tsv"
