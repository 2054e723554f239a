#!/bin/sh
# Brings the package of this image into n8n's folder, which is a volume and may hold an older one, imports the
# templates the first time, and hands over to the image's own entrypoint.
set -eu

package_dir=${SHOP_JOURNEYS_PACKAGE_DIR:-/opt/shop-journeys/package}
templates_dir=${SHOP_JOURNEYS_TEMPLATES_DIR:-/opt/shop-journeys/templates}
next=${SHOP_JOURNEYS_NEXT_ENTRYPOINT:-/docker-entrypoint.sh}

name=n8n-nodes-shop-journeys
n8n_dir=${N8N_USER_FOLDER:-$HOME}/.n8n
nodes_dir=$n8n_dir/nodes
installed=$nodes_dir/node_modules/$name

say() {
	echo "Shop Journeys: $*"
}

# n8n's own list of installed packages, without which it would forget ours when it rebuilds it.
write_ledger() {
	node -e '
		const fs = require("node:fs");
		const [file, name, packageDir] = process.argv.slice(1);
		const { version } = JSON.parse(fs.readFileSync(`${packageDir}/package.json`, "utf8"));
		let ledger = { name: "installed-nodes", private: true, dependencies: {} };
		try {
			const found = JSON.parse(fs.readFileSync(file, "utf8"));
			if (found.dependencies) ledger = found;
		} catch {}
		ledger.dependencies[name] = version;
		fs.writeFileSync(file, JSON.stringify(ledger, null, 2));
	' "$nodes_dir/package.json" "$name" "$package_dir"
}

# .installed-from holds the hash of the tarball that a copy was made from.
sync_package() {
	if cmp -s "$package_dir/.installed-from" "$installed/.installed-from"; then
		return
	fi
	mkdir -p "$nodes_dir/node_modules"
	# n8n loads every folder that is called n8n-nodes-...: the copy under way must not be.
	copying=$nodes_dir/.copying-$$
	rm -rf "$nodes_dir"/.copying-*
	cp -R "$package_dir" "$copying"
	rm -rf "$installed"
	mv "$copying" "$installed"
	write_ledger
	say "installed into $installed"
}

# Imported workflows are drafts; nothing runs before somebody publishes it.
import_templates() {
	marker=$n8n_dir/.shop-journeys-templates-imported
	if [ -e "$marker" ] || [ ! -d "$templates_dir" ]; then
		return
	fi
	for chapter in "$templates_dir"/*/; do
		if ! n8n import:workflow --separate --input="$chapter"; then
			say "the templates could not be imported; n8n starts without them, and the next start tries again"
			return
		fi
	done
	date > "$marker"
	say "imported the templates; publish those you want in the editor"
}

sync_package
# Workers and webhook processors share the main process's database, where the templates are already.
case ${1:-start} in
	start) import_templates ;;
esac

exec "$next" "$@"
