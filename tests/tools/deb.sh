#!/usr/bin/env bash
# deb.sh MAKE - pack what `make install PREFIX=/usr` installs as a Debian package under build/.
#
# gilsim's source is under the MIT licence; it is linked with GSL, so the binary is distributed under the GPL, version 3
# or later, which the package's copyright file says.
set -euo pipefail
make=$1
cd "$(dirname "$0")/../.."
version=$(build/gilsim --version | awk '{print $2}')
architecture=$(dpkg --print-architecture)
root=build/deb/root
rm -rf build/deb
mkdir -p "$root/DEBIAN" build/deb/debian
$make PREFIX=/usr DESTDIR="$PWD/$root" install >/dev/null
gzip -9n "$root/usr/share/man/man1/gilsim.1"
strip --strip-unneeded "$root/usr/bin/gilsim"

cat - LICENSE >"$root/usr/share/doc/gilsim/copyright" <<END
gilsim: what threads, processes, asyncio or a free-threaded Python do for a workload.

The program is linked with the GNU Scientific Library, and therefore distributed under the GNU General Public License,
version 3 or (at your option) any later version; on Debian systems its text is in /usr/share/common-licenses/GPL-3.

The source of gilsim itself is also available under these terms:

END
rm "$root/usr/share/doc/gilsim/LICENSE"

# dpkg-shlibdeps says which packages hold the libraries that the binary needs.
echo "Source: gilsim" >build/deb/debian/control
depends=$(cd build/deb && dpkg-shlibdeps -O root/usr/bin/gilsim 2>/dev/null | sed -n 's/^shlibs:Depends=//p')

cat >"$root/DEBIAN/control" <<END
Package: gilsim
Version: $version
Architecture: $architecture
Maintainer: ${DEBFULLNAME:-the gilsim project} <${DEBEMAIL:-gilsim@localhost}>
Depends: $depends
Recommends: python3, gnuplot-nox
Section: devel
Priority: optional
Description: simulator of CPython's concurrency
 Predicts what threads, pools, processes, asyncio or a free-threaded build do
 for a workload described in a few lines, and runs the same workload on the
 real interpreter to show how far to trust the prediction.
END
package=build/gilsim_${version}_$architecture.deb
dpkg-deb --root-owner-group --build "$root" "$package" >/dev/null
echo "$package"
