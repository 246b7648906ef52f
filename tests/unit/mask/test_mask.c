/* SPDX-License-Identifier: Apache-2.0 */
#include "mask/mask_address.h"
#include "mask/mask_scan.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const struct mask_prefixes usual = {MASK_IPV4_DEFAULT, MASK_IPV6_DEFAULT};

enum { TEXT_MAX = 2048 };

struct text_case {
    const char *in, *out;
};

/* NULL: unchanged. */
static const struct text_case cases[] = {
    {"192.0.2.33", "192.0.2.0"},
    {"10.1.12.123", "10.1.12.0"},
    {"127.0.0.1", "127.0.0.0"},
    {"255.255.255.255", "255.255.255.0"},
    {"192.0.2.0", NULL},
    {"(192.0.2.33)", "(192.0.2.0)"},
    {"192.0.2.33,", "192.0.2.0,"},
    {"end 192.0.2.33.", "end 192.0.2.0."},
    {"192.0.2.33/24", "192.0.2.0/24"},
    {"192.0.2.33-192.0.2.40", "192.0.2.0-192.0.2.0"},
    {"<192.0.2.33>", "<192.0.2.0>"},
    {"ip=192.0.2.33&x=1", "ip=192.0.2.0&x=1"},
    {"v1.2.3.4", "v1.2.3.0"},
    {"1.2.3", NULL},
    {"1.2.3.4.5", "1.2.3.0.5"},
    {"999.1.1.1", NULL},
    {"256.256.256.256", NULL},
    {"1.2.3.456", NULL},
    {"1..2.3.4", NULL},
    {"1.2.3..4", NULL},
    {"0x7f.1", NULL},
    {"3221226017", NULL},
    {"Chrome/120.0.6099.109", NULL},
    {"21.11.2026", NULL},
    {"12:34:56", NULL},
    {"http://192.0.2.33/p", "http://192.0.2.0/p"},
    {"user@[192.0.2.33]", "user@[192.0.2.0]"},
    {"192.0.2.33.example.com", "0.0.2.0.example.com"},
    {"2001:db8:85a3:8d3:1319:8a2e:370:7348", "2001:db8:85a3::"},
    {"2001:DB8:85A3::8A2E:370:7334", "2001:db8:85a3::"},
    {"2001:0db8:0001:0000:0000:0000:0000:0001", "2001:db8:1::"},
    {"2001:db8::1", "2001:db8::"},
    {"[2001:db8::1]:443", "[2001:db8::]:443"},
    {"https://[2001:db8:1:2::3]:8443/x", "https://[2001:db8:1::]:8443/x"},
    {"2001:db8::1/64", "2001:db8::/64"},
    {"2001:db8::1.", "2001:db8::."},
    {"::1", "::"},
    {"::", NULL},
    {"fe80::1%eth0", "fe80::"},
    {"::ffff:192.0.2.33", "::ffff:192.0.2.0"},
    {"[::ffff:192.0.2.33]:443", "[::ffff:192.0.2.0]:443"},
    {"::192.0.2.33", "::"},
    {"::ffff:0:192.0.2.33", "::"},
    {"2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:0:4136::"},
    {"1:2:3:4:5:6:7:8", "1:2:3::"},
    {"1:2:3:4:5:6:7:8:9", "1:2:3:::9"},
    {"1::2::3", NULL},
    {"2001:db8::g", NULL},
    {"00:1a:2b:3c:4d:5e", NULL},
    {"21/Nov/2026:16:19:54", NULL},
    {"std::vector", NULL},
    {"ip-192-0-2-33.ec2.internal", "ip-192-0-2-0.ec2.internal"},
    {"for=192.0.2.60;proto=http;by=203.0.113.43", "for=192.0.2.0;proto=http;by=203.0.113.0"},
    {"for=\"[2001:db8:cafe::17]:4711\"", "for=\"[2001:db8:cafe::]:4711\""},
    {"for=_hidden, for=unknown", NULL},
    {"203.0.113.195, 2001:db8:85a3::8a2e:370:7334, 198.51.100.178",
     "203.0.113.0, 2001:db8:85a3::, 198.51.100.0"},
    {"192.0.2.33 - - [21/Nov/2026:16:19:54 +0000] \"GET / HTTP/2.0\" 200 5",
     "192.0.2.0 - - [21/Nov/2026:16:19:54 +0000] \"GET / HTTP/2.0\" 200 5"},
    {"\xef\xbc\x91\xef\xbc\x99\xef\xbc\x92.0.2.33", NULL},

    /* Runs of digits and dots. */
    {"abc192.0.2.33def", "abc192.0.2.0def"},
    {"...192.0.2.33...", "...192.0.2.0..."},
    {"010.001.002.033", "010.001.002.0"},
    {"1.2.3.000", "1.2.3.0"},
    {"1.2.3.0001", NULL},
    {"192.0.2.33:8080 1.3.6.1.4.1.311", "192.0.2.0:8080 1.3.6.1.4.1.311"},
    {"192.0.2.33..1", "192.0.2.0..1"}, /* two dots end a run */
    {"192.0.2.1..192.0.2.9", "192.0.2.0..192.0.2.0"},
    {"1.2.3.4%2E%2E%2E%2E%2E%2E%2E%2E%2E%2E%2E%2E%2E%2E%2E%2E%2E",
     "1.2.3.0%2E%2E%2E%2E%2E%2E%2E%2E%2E%2E%2E%2E%2E%2E%2E%2E%2E"},
    {"1.2.3.4:5::6", "1.2.3.0:5::6"},
    {"1.2.3.4\n5.6.7.8", "1.2.3.0\n5.6.7.0"},
    {"192.0.2.33\xff", "192.0.2.0\xff"},

    /* What stands beside an IPv6 address. */
    {"client:2001:db8::1", "client:2001:db8::"},
    {"[IPv6:2001:db8::1]", "[IPv6:2001:db8::]"},
    {"eth0:2001:db8::1", "eth0:2001:db8::"},
    {"12345:2001:db8:1:2::3", "12345:2001:db8:1::"},
    {"host:::1", "host:::"},
    {"peer :2001:db8::1", "peer :2001:db8::"},
    {"From 2001:db8::1: icmp_seq=1", "From 2001:db8::: icmp_seq=1"},
    {"2001:db8::1:http", "2001:db8:::http"},
    {"IP6 2001:db8::1.54321 > 2001:db8::2.443: Flags", "IP6 2001:db8::.54321 > 2001:db8::.443: Flags"},
    {"2001:db8::1-2001:db8::2", "2001:db8::-2001:db8::"},
    {"x2001:db8::1z", NULL},
    {"a::b::vector", NULL},
    {"std::dead::beef", NULL},
    {"dead::beef::func", NULL},
    {"SHA256:aa:bb:cc:dd:ee:ff:00:11:22:33:44", NULL},
    {"12345::1", NULL},
    {"1:2:3:4:5:6:7", NULL},
    {"1:2:3:4:5:6:7::", "1:2:3::"},
    {"1:2:3:4:5:6:7::8", "1:2:3::"}, /* "::" stands for nothing */
    {"1:2:3:4:5:6::192.0.2.33", "1:2:3::"},
    {"2001:db8:b:3c:2001:db8:1::24::35", "2001:db8:b::::35"},
    {"2001:0db8:000b:003c:0005:0006::192.000.002.033", "2001:db8:b::"},
    {"x 2001:db8:b:3c:5:6::192.0.2.33:80", "x 2001:db8:b:::80"},
    {"1:2:3:4:5:6:192.0.2.33", "1:2:3::"},
    {"1:2:3:4:5:6:7:192.0.2.33", "1:2:3:4:5:6:7:192.0.2.0"},
    {"::ffff:192.0.2.33g", "::ffff:192.0.2.0g"},

    /* Zones. */
    {"[fe80::1%25eth0]:443", "[fe80::]:443"},
    {"fe80::1%eth0.100.", "fe80::."},
    {"fe80::1%12 x", "fe80:: x"},
    {"fe80::1%eth0: up", "fe80::: up"},
    {"fe80::1%a%b", "fe80::"},
    {"fe80::1%", "fe80::%"},
    {"ip=2001:db8::1%20next", "ip=2001:db8::%20next"},
    {"2001:db8::1%2C192.0.2.33", "2001:db8::%2C192.0.2.0"},

    /* IPv4 inside IPv6. */
    {"::ffff:c000:221", "::ffff:192.0.2.0"},
    {"0:0:0:0:0:FFFF:c000:0221", "::ffff:192.0.2.0"},
    {"2002:c000:221::1", "2002:c000:200::"},
    {"64:ff9b::192.0.2.33", "64:ff9b::"},

    /* Percent-encoding. */
    {"192%2E0%2e2%2E33", "192%2E0%2e2%2E0"},
    {"ip=2001%3Adb8%3a%3A1&", "ip=2001%3Adb8%3A%3A&"},
    {"%5B2001%3Adb8%3A%3A1%5D%3A443", "%5B2001%3Adb8%3A%3A%5D%3A443"},
    {"%5Bfe80%3A%3A1%25eth0%5D", "%5Bfe80%3A%3A%5D"},
    {"%5B2001:db8::1%5D", "%5B2001:db8::%5D"},
    {"q=%20192.0.2.33%22", "q=%20192.0.2.0%22"},
    {"%3D2001:db8:1:2::3", "%3D2001:db8:1::"},
    {"%25.0.2.33", "%25.0.2.0"},
    {"%3A%3Affff%3A192%2E0%2E2%2E33", "%3A%3Affff%3A192%2E0%2E2%2E0"},
    {"http%3A%2F%2F192.0.2.33%2F", "http%3A%2F%2F192.0.2.0%2F"},

    /* Ports: behind a full address as a ninth group, behind a dot. */
    {"[client 2001:db8:e180:c12c:ed3f:3024:d991:ec2e:4922] AH01630", "[client 2001:db8:e180:::4922] AH01630"},
    {"2001:db8:1:2:3:4:5:6:7", "2001:db8:1:::7"},
    {"2001:db8:1:2:3:4:5:6:65535", "2001:db8:1:::65535"},
    {"2001:db8:1:2:3:4:5:6.443 up", "2001:db8:1::.443 up"},
    {"IP 203.0.113.115.42952 > 203.0.113.60.5514: UDP", "IP 203.0.113.0.42952 > 203.0.113.0.5514: UDP"},
    {"x10.1.2.3.5514", "x10.1.2.0.5514"},
    {"203.0.113.5.https", "203.0.113.0.https"},
    {"eth0.10.0.0.7", "eth0.10.0.0.0"},
    {"node2.192.0.2.33.80", NULL}, /* six */
    {"1234.10.0.0.7", "1234.10.0.0.0"},
    {"2026.11.28.10.30", NULL},
    {"1.3.6.1.4.1", NULL},
    {"203.000.113.005.01234-198.051.100.007.00080", "203.000.113.0.01234-198.051.100.0.00080"},

    /* Keys and times joined to an address. */
    {"ip::2001:db8:85a3:8d3:1319:8a2e:370:7348", "ip::2001:db8:85a3::"},
    {"X::2001:db8:85a3::7348", "X::2001:db8:85a3::"},
    {"T10:00:00:2001:db8:85a3:8d3:1319:8a2e:370:7348", "T10:00:00:2001:db8:85a3::"},
    {"10:00:00:2001:db8:85a3::7348", "10:00:00:2001:db8:85a3::"},
    {"10:00:00.123:2001:db8:85a3::7348", "10:00:00.123:2001:db8:85a3::"},
    {"012:2002:c000:221::1", "012:2002:c000:200::"}, /* printed without its zero it were a time */
    {"12:2001:db8:85a3:8d3:1319:8a2e:370:7348:443", "12:2001:db8:85a3:::443"},
    {"add:2001:db8:85a3:8d3:1319:8a2e:370:7348", "add:2001:db8:85a3::"},
    {"10.0.0.7:2001:db8:1:2:3:4:5:6", "10.0.0.0:2001:db8:1::"},
    {"2001:db8:1:2:3:4:5:6:2001:db8:1:2:3:4:5:7", "2001:db8:1:::2001:db8:1::"},
    {"19a001:db8:1:2:3:4:5:2001:db8:1:2:3:4:5:6", "19a001:db8:1:2:3:4:5:2001:db8:1::"},
    {"2::2001:db8:1:2:3:4:5:620or", "2::2001:db8:1::or"},
    {"2001:db8::1::peer", "2001:db8::::peer"},
    {"A::B::c", NULL},
    {"Foo::Bar::add", NULL},

    {"tcp6 0 0 :::22 :::* LISTEN", NULL},
    {"x :::ffff:c000:221", "x :::ffff:192.0.2.0"},

    /* Groups of two digits each. */
    {"00:1a:2b:3c:4d:5e:6f:70", NULL},
    {"MAC=ff:ff:ff:ff:ff:ff:00:1a:2b:3c:4d:5e:08:00 SRC=192.0.2.33",
     "MAC=ff:ff:ff:ff:ff:ff:00:1a:2b:3c:4d:5e:08:00 SRC=192.0.2.0"},
    {"16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48", NULL},
    {"2001:10:20:30:40:50:60:70:80", "2001:10:20:::80"},

    /* Names of hosts. */
    {"from 26.113.0.203.dsl.example.net[203.0.113.26]", "from 0.113.0.0.dsl.example.net[203.0.113.0]"},
    {"from 203-0-113-26.dsl.example.net[203.0.113.26]", "from 203-0-113-0.dsl.example.net[203.0.113.0]"},
    {"26-113-0-203.dsl.example.net", "0-113-0-0.dsl.example.net"},
    {"ip-10-0-0-200.eu-west-1.compute.internal", "ip-10-0-0-0.eu-west-1.compute.internal"},
    {"host26-113-0-203-pool.example.net.", "host0-113-0-0-pool.example.net."},
    {"203-0-113-26 is no name", NULL},
    {"static.26.113.0.203.3com.example", "static.0.113.0.0.3com.example"},
    {"2026-11-28-10-30.log 550e8400-e29b-41d4-a716-446655440000.txt", NULL},
    {"host26.113.0.203.in-addr.arpa", "host0.113.0.203.in-addr.arpa"},
    {"203.0.113.77.pdf", "203.0.113.0.pdf"},
    {"ec2-203-0-113-26.compute-1.amazonaws.com", "ec2-203-0-113-0.compute-1.amazonaws.com"},
    {"ec2-20-0-113-26.eu-west-1.compute.amazonaws.com", "ec2-20-0-113-0.eu-west-1.compute.amazonaws.com"},
    {"/var/log/203.0.113.77.log.1.gz 203.0.113.77.TAR.GZ",
     "/var/log/203.0.113.0.log.1.gz 203.0.113.0.TAR.GZ"},
    {"report.1.203.0.113.77.pdf", "report.1.203.0.0.0.pdf"},
    {"26.113.0.203.pdf.example 26.113.0.203.lan", "0.113.0.0.pdf.example 0.113.0.0.lan"},
    {"20-0-113-77.pdf", "20-0-113-0.pdf"},
    {"203.0.113.77.log.", "203.0.113.0.log."},
    {"3-0-3-2.0.0.8b", "3-0-3-0.0.0.0b"},
    {"26.0-63.113.0.203.in-addr.arpa", "0.0-0.113.0.203.in-addr.arpa"},

    /* Escapes. */
    {"\"{\\x22ip\\x22:\\x22203.0.113.26\\x22,\\x22v6\\x22:\\x222001:db8:1:2:3:4:5:6\\x22}\"",
     "\"{\\x22ip\\x22:\\x22203.0.113.0\\x22,\\x22v6\\x22:\\x222001:db8:1::\\x22}\""},
    {"\\u0022203.0.113.26\\u0022", "\\u0022203.0.113.0\\u0022"},
    {"\\0422001:db8:1:2::3\\042", "\\0422001:db8:1::\\042"},
    {"a#011203.0.113.26#0112001:db8:1:2::3", "a#011203.0.113.0#0112001:db8:1::"},
    {"\\t203.0.113.26\\n2001:db8:1:2::3\\r\\n", "\\t203.0.113.0\\n2001:db8:1::\\r\\n"},
    {"\\\\n2001:db8:1:2::3\\\\x22203.0.113.26", "\\\\n2001:db8:1::\\\\x22203.0.113.0"},
    {"%2522203.0.113.26%2522 203%252E0%252e113%252E26", "%2522203.0.113.0%2522 203%252E0%252e113%252E0"},
    {"2001%253Adb8%253A1%253A2%253A%253A3", "2001%253Adb8%253A1%253A%253A"},
    {"\\x32\\x30\\x33\\x2e0.113.26 %32%30%33.0.113.26", "\\x32\\x30\\x33\\x2e0.113.0 %32%30%33.0.113.0"},
    {"203.0.113.2\\x36", "203.0.113.0"},
    {"2001\\u003adb8:1\\u003a2::3", "2001\\u003adb8:1\\u003a:"},
    {"%5Cx22203.0.113.26 \\u005c2001:db8:1:2::3", "%5Cx22203.0.113.0 \\u005c2001:db8:1::"},
    {"\\\\203.0.113.26\\share", "\\\\203.0.113.0\\share"},

    {":%23.2001:db8:1::e", ":%23.2001:db8:1::"},

    /* Colours. */
    {"\x1b[36mip=\x1b[0m2001:db8:1:2:3:4:5:6", "\x1b[36mip=\x1b[0m2001:db8:1::"},
    {"\x1b[32m12\x1b[m\x1b[K\x1b[36m:\x1b[m\x1b[K2001:db8:1:2:3:4:5:6",
     "\x1b[32m12\x1b[m\x1b[K\x1b[36m:\x1b[m\x1b[K2001:db8:1::"},
    {"\x1b[1;36m12\x1b[0m:2001:db8:1::2", "\x1b[1;36m12\x1b[0m:2001:db8:1::"},
    {"\x1b[A2001:db8:1::2\x1b[0m \x1b(B2001:db8:1::2", "\x1b[A2001:db8:1::\x1b[0m \x1b(B2001:db8:1::"},
    {"#033[36m2001:db8:1::2#033[0m \\x1b[1;31m203.0.113.26",
     "#033[36m2001:db8:1::#033[0m \\x1b[1;31m203.0.113.0"},
    {"[fe80::1]", "[fe80::]"},

    /* A word that an address is written to without anything between. */
    {"src2001:db8:1:2:3:4:5:6", "src2001:db8:1::"},
    {"z2001:db8:1:2::3", "z2001:db8:1::"},
    {"src2001:db8:1:2:3:4:5:6:80", "src2001:db8:1:0:0:0:0:0:80"},
    {"D2db8:0:::3", "D2db8:0:0:0:0:0:0:0:3"}, /* or it were a name */
    {"2001:db8:1:2:3:4:5:6ms", "2001:db8:1::ms"},
    {"Foo2001::bar Foo2abc::add", NULL},
    {"RSA2048:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48", NULL},
    {"1:2:3:4:5:6:7:words", NULL},
    {"%255B2001%253Adb8%253A1%253A2%253A%253A3%255D x", "%255B2001%253Adb8%253A1%253A%253A%255D x"},
    {"fe80%253A%253A1%2525eth0%255D", "fe80%253A%253A%255D"},

    /* Reverse names. */
    {"33.2.0.192.in-addr.arpa", "0.2.0.192.in-addr.arpa"},
    {"33.2.0.192.IN-ADDR.ARPA.", "0.2.0.192.IN-ADDR.ARPA."},
    {"2.0.192.in-addr.arpa", NULL},
    {"33%2E2.0.192.in-addr%2Earpa", "0%2E2.0.192.in-addr%2Earpa"},
    {"1.0.0.0.2.0.0.0.3.0.0.0.4.0.0.0.5.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
     "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"},
    {"8.b.d.0.1.0.0.2.ip6.arpa", NULL},
    {"b.1.2.3.4.b.ip6.arpa", NULL},
    {"1.2.3.44.a.ip6.arpa", "1.2.3.0.a.ip6.arpa"},
    {"8.0.0.9.ip\x16.arpa", "0.0.0.0.ip\x16.arpa"},
    {"::ffff:2001:db8.in-addr.arpa", "::ffff:2001:d00.in-addr.arpa"},
    {"fe80::1%eth0:80 x", "fe80:: x"},
    {":b3.2.0.1.in-addr.arpa", ":b0.2.0.1.in-addr.arpa"},
    {"::ff192.0.2.33.in-addr.arpa", "::ff000.0.2.33.in-addr.arpa"},
    {"user%10.0.0.1", "user%10.0.0.0"},
    {"3.%36.0.2.33 3.\\04536.0.2.33", "3.%36.0.0.0 3.\\04536.0.0.0"}, /* cut in two by a sign */

    /* What may be an escape or a sign, beside other addresses. */
    {"%5C0.0.0.1.0001:5::", "%5C0.0.0.0.0001:5::"},
    {"\\127.0.0.1:2001:db8:1:2::3", "\\127.0.0.0:2001:db8:1::"},
    {"CORP\\127.0.0.1.2", "CORP\\127.0.0.0.0"},
    {"\\126.113.0.203.in-addr.arpa", "\\00.113.0.203.in-addr.arpa"},
    {"%5C0.0.0.1.0.d", "%5C0.0.0.0.0.d"},
    {"\\0:1:2:3::", "\\0:1:2::"},
    {"::6%5C145::", "::%5C145::"},
    {"%220.0.3.0.1a", "%000.0.3.0.1a"},
    {"\\0:1:2:F::", "\\0:1:2::"},
    {"\\0:9:2:8::9", "\\0:9:2::"},
    {"%%312.0.2.3\\\\", "%%312.0.2.0\\\\"},
    {"%5C0:1::3:4:4:2:b:2", "%5C0:1:3::"},
    {"\\012:1:2:3::4 \\042ip\\042:\\042fe80::1\\042", "\\12:1:2:: \\042ip\\042:\\042fe80::\\042"},
    {"::1.0.2.33%34", "::"},
    {"::1.0.2.33%3498.51.100.178", "::"}, /* a zone that is written as an escape goes on as others do */
    {"0.2.33%252E001:db8::1", "0.2.33%252E0:db8::1"}, /* one of two, and not less of the other for it */
    {"x\\\\05%36.0.2.36", "x\\\\05%36.0.2.0"},        /* after all that it may be */
    {"%2::3:.\\04536 %2::3:.%2536", "%2:::.\\04536 %2:::.%2536"},
    {".33%34::1.0.2.33%340%34:", ".334:::"},
    {"%34::1.0.2.33%340%3.4:u1", "4:::u1"},
    {"#011e0::6%5C145::", "#011e0::%5C145::"},
    {"\\056.0.2.3.3", "\\056.0.2.0.0"},
    {"2:2001:d:1:2:3:4:5.1.0.0.e", "2:2001:d:1::.e"},
    {"4::3:4:5:2:3:4:5:cn", "4::3:4:5:0:0:0:0:0n"}, /* two gaps would be read as the first alone */
    {"1.0.2.33%3%34::1.0.2.33", "1.0.2.0%%334::"},  /* no escape comes to be that was none */
    {"::6%5Cx2eC ::6.C a::b.c ::3.1:: ::6:.0", "::%5Cx2eC ::.C a::b.c ::.1:: :::.0"}, /* a label follows */
    {"%in-ad56::1.0.2.33%34 %2520fe80::1.0.2.33%34", "%in-ad56:: %2520fe80::"},
    {"2001:db8:1:2::5%3498.51.100.178:443 x", "2001:db8:1:: x"},
    {"fe80::1%2\\x43", "fe80::"},
    {"fe80::1%2%255Cx43 x", "fe80:: x"},
    {"\\127.0.0.%31", "\\127.0.0.0"},
    {"2.0.2.33%33", "2.0.2.0"},
    {"2.0.2.33%2533", "2.0.2.0"},
    {"02.%2530.2.3%253%333.", NULL}, /* a digit of which an escape is an escape */
    {"2.0.2.33%36.3", "2.0.2.0.0"},  /* what was no address is none when it is masked */
    {"\\042.0.2.33%36.3%2E4 5", "\\042.0.2.0.0%2E0 5"},
    {"\\b:2:3:4:5:6:7:8", "\\b:2:3::"},
    {"\x1b[3::b", "\x1b[3::"},
    {"\x1b[38:2::255:0:0m2001:db8:1:2::3", "\x1b[38:2::255:0:0m2001:db8:1::"},
};

#define EACH_CASE(c) for (const struct text_case *c = cases; c < cases + sizeof cases / sizeof cases[0]; c++)

static const char *expected(const struct text_case *c)
{
    return c->out != NULL ? c->out : c->in;
}

static void assert_bytes(const char *got, size_t len, const char *want, size_t want_len, const char *note)
{
    cr_assert(len == want_len && memcmp(got, want, len) == 0, "%s: got \"%.*s\", want \"%.*s\"", note,
              (int)len, got, (int)want_len, want);
}

Test(mask, each_case_of_the_rules_holds)
{
    EACH_CASE(c)
    {
        char out[TEXT_MAX];
        size_t len = mask_text(c->in, strlen(c->in), usual, out);
        assert_bytes(out, len, expected(c), strlen(expected(c)), c->in);
    }
}

Test(mask, masking_twice_changes_nothing)
{
    EACH_CASE(c)
    {
        char out[TEXT_MAX];
        size_t len = mask_text(expected(c), strlen(expected(c)), usual, out);
        assert_bytes(out, len, expected(c), strlen(expected(c)), c->in);
    }
}

static size_t mask_in_pieces(const char *text, size_t len, size_t first, size_t piece, char *out)
{
    struct mask_stream s;
    mask_stream_init(&s, usual);
    size_t n = mask_stream_feed(&s, text, first, out);
    for (size_t at = first; at < len; at += piece)
        n += mask_stream_feed(&s, text + at, piece < len - at ? piece : len - at, out + n);
    return n + mask_stream_finish(&s, out + n);
}

Test(mask, where_a_text_is_cut_makes_no_difference)
{
    EACH_CASE(c)
    {
        size_t len = strlen(c->in);
        char out[TEXT_MAX + 4 * MASK_HOLD];
        for (size_t cut = 0; cut <= len; cut++) {
            size_t n = mask_in_pieces(c->in, len, cut, len, out);
            assert_bytes(out, n, expected(c), strlen(expected(c)), c->in);
        }
        size_t n = mask_in_pieces(c->in, len, 0, 1, out);
        assert_bytes(out, n, expected(c), strlen(expected(c)), c->in);
    }
}

/* Names whose labels are as long as what is looked back over. */
static const struct text_case long_names[] = {
    {".1.2.0.192.ip6.arpa", NULL},
    {"a.b.c.d.e.f.1.2.3.4.5.6.7.8.9.0.a.b.c.d.e.f.ip6.arpa", NULL},
    {"x.192.0.2.33.in-addr.arpa", NULL},
};

/* A case behind ${padding} bytes of ${filler}, as one text and in pieces of 100 bytes. */
static void check_padded(const struct text_case *c, char filler, size_t padding)
{
    char in[TEXT_MAX], whole[2 * TEXT_MAX + 64], pieces[2 * TEXT_MAX + 4 * MASK_HOLD];
    memset(in, filler, padding);
    size_t len = padding + strlen(c->in);
    memcpy(in + padding, c->in, strlen(c->in));
    size_t n = mask_text(in, len, usual, whole);
    size_t m = mask_in_pieces(in, len, 0, 100, pieces);
    assert_bytes(pieces, m, whole, n, c->in);
}

Test(mask, a_token_longer_than_what_is_held_makes_no_difference)
{
    EACH_CASE(c)
    {
        for (size_t padding = 200; padding < 1400; padding += 61) {
            check_padded(c, 'x', padding);
            check_padded(c, '1', padding);
            check_padded(c, 'a', padding);
            check_padded(c, '.', padding);
            check_padded(c, ':', padding);
            check_padded(c, '%', padding);
        }
    }
}

Test(mask, a_name_with_a_label_of_any_length_is_cut_alike)
{
    for (const struct text_case *c = long_names; c < long_names + sizeof long_names / sizeof long_names[0];
         c++) {
        for (size_t padding = 0; padding < 700; padding += 3) {
            check_padded(c, 'a', padding);
            check_padded(c, 'x', padding);
            check_padded(c, '1', padding);
        }
    }
}

Test(mask, an_address_behind_a_long_word_and_a_colon_is_masked)
{
    char in[1100], out[2400];
    memset(in, 'a', 1000);
    const char tail[] = ":2001:db8:1:2::3";
    memcpy(in + 1000, tail, sizeof tail);
    size_t len = mask_in_pieces(in, strlen(in), 0, 64, out);
    assert_bytes(out + 1000, len - 1000, ":2001:db8:1::", 13, "long word");
}

Test(mask, a_zone_of_any_length_is_dropped)
{
    char in[3000], out[8000];
    memcpy(in, "fe80::1%", 8);
    memset(in + 8, 'z', 2900);
    memcpy(in + 2908, " end", 5);
    size_t len = mask_in_pieces(in, strlen(in), 0, 50, out);
    assert_bytes(out, len, "fe80:: end", 10, "long zone");
}

Test(mask, a_finished_line_is_not_held_back)
{
    struct mask_stream s;
    mask_stream_init(&s, usual);
    char out[2 * TEXT_MAX];
    size_t n = mask_stream_feed(&s, "a 192.0.2.33\n", 13, out);
    assert_bytes(out, n, "a 192.0.2.0\n", 12, "line");
}

Test(mask, every_byte_that_is_no_address_passes)
{
    char in[512], out[2000];
    for (int i = 0; i < 512; i++)
        in[i] = (char)(i & 0xff);
    size_t n = mask_in_pieces(in, sizeof in, 0, 9, out);
    assert_bytes(out, n, in, sizeof in, "all bytes");
    n = mask_in_pieces("\r\n\0\xc3(\n", 6, 0, 6, out);
    assert_bytes(out, n, "\r\n\0\xc3(\n", 6, "NUL, CRLF, invalid UTF-8");
}

/* The masked spelling of 255.255.255.255 and of all ones, by a loop over bits. */
static void all_prefixes_text(unsigned prefix, char *ret_text)
{
    unsigned value = 0;
    for (unsigned bit = 0; bit < prefix; bit++)
        value |= 0x80000000u >> bit;
    snprintf(ret_text, 20, "%u.%u.%u.%u", value >> 24, value >> 16 & 255, value >> 8 & 255, value & 255);
}

Test(mask, every_ipv4_prefix_keeps_its_bits)
{
    for (unsigned prefix = 0; prefix <= 32; prefix++) {
        char want[32], out[128], mapped[40];
        struct mask_prefixes prefixes = {(uint8_t)prefix, 48};
        all_prefixes_text(prefix, want);
        size_t n = mask_text("255.255.255.255", 15, prefixes, out);
        assert_bytes(out, n, want, strlen(want), "IPv4");
        snprintf(mapped, sizeof mapped, "::ffff:%s", want);
        n = mask_text("::ffff:ffff:ffff", 16, prefixes, out);
        assert_bytes(out, n, mapped, strlen(mapped), "mapped");
    }
}

Test(mask, what_is_joined_to_an_address_fills_no_gap_in_it)
{
    char out[128];
    size_t n = mask_text("2001::1.4.4.0:4", 15, (struct mask_prefixes){7, 113}, out);
    assert_bytes(out, n, "2001:0:0:0:0:0:104:0:4", 22, "octets and a port");
    n = mask_text("2002::20:d:8b1:2:3:4:15:692", 27, (struct mask_prefixes){7, 113}, out);
    assert_bytes(out, n, "2002:0:0:8b1:2:3:4:0:692", 24, "a gap that stands for nothing");
    static const char eight[] = "3:4:5:2001:db8:3:4:0:2001:db8::";
    n = mask_text(eight, strlen(eight), (struct mask_prefixes){15, 114}, out);
    assert_bytes(out, n, eight, strlen(eight), "eight groups that are masked, and a head among them");
}

Test(mask, an_address_takes_no_octet_out_of_a_row_that_is_one_without_it)
{
    static const struct text_case rows[] = {
        {"fe801:db8:1:2::3%252E3.\\04536.0.8a2e", "fe801:db8:1:2::0%252E0.0.0.8a2e"},
        {".\\04536.0.2\\04536.025:fe60::1 x", ".\\04536.0.0.0:fe60::1 x"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[128];
        size_t n = mask_text(rows[i].in, strlen(rows[i].in), (struct mask_prefixes){7, 16}, out);
        assert_bytes(out, n, rows[i].out, strlen(rows[i].out), rows[i].in);
    }
}

Test(mask, what_is_not_seen_is_what_is_told)
{
    static const char *const gaps[] = {/* mask.h, docs/analytics.md */
                                       "\xef\xbc\x91\xef\xbc\x99\xef\xbc\x92.0.2.33",
                                       "3221226017 0xc0000221 0xc0.0x00.0x02.0x21 0300.0.02.041",
                                       "227 Entering Passive Mode (192,0,2,33,195,80)",
                                       "host_192_0_2_33.example.net 192 0 2 33 192/0/2/33",
                                       "2001-db8-1-2--3.ipv6-literal.net",
                                       "192&#46;0&#46;2&#46;33 2001&colon;db8&#58;1&#x3a;&colon;5",
                                       "192\\u{2e}0\\u{2e}2\\u{2e}33 192=2E0=2E2=2E33 MTkyLjAuMi4zMw==",
                                       "20010db8000100020000000000000003 192000002033"};
    for (size_t i = 0; i < sizeof gaps / sizeof gaps[0]; i++) {
        char out[TEXT_MAX];
        size_t n = mask_text(gaps[i], strlen(gaps[i]), usual, out);
        assert_bytes(out, n, gaps[i], strlen(gaps[i]), "gap");
    }
}

Test(mask, references_of_html_and_braces_around_an_address_are_none_of_it)
{
    static const struct text_case around[] = {
        {"&#34;192.0.2.33&#34; &quot;2001:db8:1:2::3&quot;", "&#34;192.0.2.0&#34; &quot;2001:db8:1::&quot;"},
        {"\\u{1b}[36mip=\\u{1b}[0m2001:db8:1:2:3:4:5:6\\u{a}", "\\u{1b}[36mip=\\u{1b}[0m2001:db8:1::\\u{a}"},
        {"\\u{9}192.0.2.33\\u{0}", "\\u{9}192.0.2.0\\u{0}"}};
    for (size_t i = 0; i < sizeof around / sizeof around[0]; i++) {
        char out[TEXT_MAX];
        size_t n = mask_text(around[i].in, strlen(around[i].in), usual, out);
        assert_bytes(out, n, around[i].out, strlen(around[i].out), around[i].in);
    }
}

Test(mask, every_ipv6_prefix_keeps_its_bits)
{
    for (unsigned prefix = 0; prefix <= 128; prefix++) {
        char want[MASK_ADDRESS_SIZE], got[MASK_ADDRESS_SIZE], text[128];
        struct ipv6 ones;
        for (unsigned bit = 0; bit < 128; bit++) {
            if (bit % 8 == 0)
                ones.bytes[bit / 8] = 0;
            if (bit < prefix)
                ones.bytes[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
        }
        cr_assert_not_null(inet_ntop(AF_INET6, &ones, want, sizeof want));
        struct mask_prefixes prefixes = {24, (uint8_t)prefix};
        const char *in = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
        size_t len;
        cr_assert(mask_address(in, strlen(in), prefixes, got, &len));
        assert_bytes(got, len, want, strlen(want), "address");
        len = mask_text(in, strlen(in), prefixes, text);
        assert_bytes(text, len, want, strlen(want), "text");
    }
}

Test(mask, names_below_arpa_follow_the_prefix)
{
    char out[256];
    struct mask_prefixes prefixes = {12, 46};
    size_t n = mask_text("33.2.31.192.in-addr.arpa", 24, prefixes, out);
    assert_bytes(out, n, "0.0.16.192.in-addr.arpa", 23, "in-addr");
    n = mask_text("31.192.in-addr.arpa", 19, prefixes, out);
    assert_bytes(out, n, "16.192.in-addr.arpa", 19, "short");
    n = mask_text("9.f.2.3.4.8.b.d.0.1.0.0.2.ip6.arpa", 34, prefixes, out);
    assert_bytes(out, n, "0.c.2.3.4.8.b.d.0.1.0.0.2.ip6.arpa", 34, "ip6");
}

Test(mask, presets_have_their_names)
{
    struct mask_prefixes p;
    cr_assert(mask_preset("ga", &p) && p.ipv4 == 24 && p.ipv6 == 48);
    cr_assert(mask_preset("matomo-2", &p) && p.ipv4 == 16 && p.ipv6 == 48);
    cr_assert(mask_preset("strict", &p) && p.ipv4 == 16 && p.ipv6 == 32);
    cr_assert_not(mask_preset("lax", &p));
}

Test(mask, a_field_must_be_one_address_and_nothing_else)
{
    static const struct text_case good[] = {
        {"192.0.2.33", "192.0.2.0"}, {"2001:db8::1", "2001:db8::"}, {"::ffff:192.0.2.33", "::ffff:192.0.2.0"},
        {"fe80::1%eth0", "fe80::"},  {"fe80::1%25eth0", "fe80::"},  {"::", "::"},
    };
    static const char *const bad[] = {
        "",
        "localhost",
        "192.168.001.042",
        "0x7f.1",
        "1.2.3.4:8080",
        "[2001:db8::1]",
        "192.0.2.33 ",
        "1.2.3.4.5",
        "3221226017",
        "1.2.3.4%eth0",
        "fe80::1%",
        "fe80::1% ",
        "::ffff:192.168.001.042",
        "1::2::3",
        ":1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8::",
        "1:2:3:4:5:6:7:",
        "12345::",
        "%eth0",
        "1.2.3",
        "1.2.3.256",
        ":::",
    };
    char text[MASK_ADDRESS_SIZE];
    size_t len;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        cr_assert(mask_address(good[i].in, strlen(good[i].in), usual, text, &len), "%s", good[i].in);
        cr_assert_str_eq(text, good[i].out);
        cr_assert_eq(len, strlen(text));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_not(mask_address(bad[i], strlen(bad[i]), usual, text, &len), "%s", bad[i]);
}

/* A small generator with a fixed seed: pieces of addresses and what stands between them. */
static uint32_t dice(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static size_t text_generate(uint32_t *state, char *text, size_t room)
{
    static const char *const pieces[] = {
        "192.0.2.33", ".",   ":", "::",           "1",        "ff",      "2001:db8", "%2E",      "%3a",
        "%",          "%20", " ", "in-addr.arpa", "ip6.arpa", ".1.2",    "x",        "abcdef",   "\n",
        "255",        "0",   "-", "fe80::1",      "%eth0",    "::ffff:", "[",        "12:34:56", "9.9"};
    size_t len = 0;
    for (uint32_t n = dice(state) % 30; n > 0; n--) {
        const char *piece = pieces[dice(state) % (sizeof pieces / sizeof pieces[0])];
        if (len + strlen(piece) > room)
            break;
        memcpy(text + len, piece, strlen(piece));
        len += strlen(piece);
    }
    return len;
}

Test(mask, every_search_gives_the_same_bytes)
{
    uint32_t state = 1;
    for (int round = 0; round < 10000; round++) {
        char text[400], plain[1000], other[1000];
        size_t len = text_generate(&state, text, sizeof text);
        struct mask_prefixes prefixes = {(uint8_t)(dice(&state) % 33), (uint8_t)(dice(&state) % 129)};
        size_t n = mask_text_by(mask_find_plain, text, len, prefixes, plain);
        size_t m = mask_text_by(mask_find_best(), text, len, prefixes, other);
        assert_bytes(other, m, plain, n, "best");
#ifdef __x86_64__
        m = mask_text_by(mask_find_sse2, text, len, prefixes, other);
        assert_bytes(other, m, plain, n, "sse2");
#endif
        cr_assert_leq(n, mask_room(len) - 64);
        if (prefixes.ipv6 < 16) /* then no group is left to tell what was an address */
            continue;
        if (memchr(text, '%', len) !=
            NULL) { /* where it is joined in odd ways, the second time may take more away */
            n = mask_text(plain, n, prefixes, other);
            memcpy(plain, other, n);
        }
        m = mask_text(plain, n, prefixes, other);
        text[len < sizeof text ? len : len - 1] = '\0';
        assert_bytes(other, m, plain, n, text);
    }
}

static void check_json(const char *in, enum mask_json_fault fault, const char *want)
{
    static struct mask_json scratch;
    char out[TEXT_MAX];
    size_t len = 0;
    scratch.prefixes = usual;
    cr_assert_eq(mask_json(&scratch, in, strlen(in), out, &len), fault, "%s", in);
    if (fault == MASK_JSON_OK)
        assert_bytes(out, len, want, strlen(want), in);
}

static void check_json_good(const char *in, const char *want)
{
    check_json(in, MASK_JSON_OK, want);
    check_json(want, MASK_JSON_OK, want);
}

Test(mask_json, decoded_strings_and_keys_are_masked)
{
    check_json_good("{\"ip\":\"192.0.2.33\"}", "{\"ip\":\"192.0.2.0\"}");
    check_json_good("{\"ip\":\"192\\u002e0\\u002e2\\u002e33\"}", "{\"ip\":\"192.0.2.0\"}");
    check_json_good("{\"ip\":\"\\u0031\\u0039\\u0032.0.2.33\"}", "{\"ip\":\"192.0.2.0\"}");
    check_json_good("{\"192.0.2.33\":1}", "{\"192.0.2.0\":1}");
    check_json_good("{\"u\":\"http:\\/\\/[2001:db8::1]\\/\"}", "{\"u\":\"http://[2001:db8::]/\"}");
    check_json_good("[\"a\\tb 192.0.2.33\\u0001\\\"\\\\\"]", "[\"a\\tb 192.0.2.0\\u0001\\\"\\\\\"]");
    check_json_good("\"\\u00e9\\ud83d\\ude00\"", "\"\xc3\xa9\xf0\x9f\x98\x80\"");
    check_json_good("[\"192.0\",\"2.33\"]", "[\"192.0\",\"2.33\"]");
    check_json_good("{\".i(p6c:2001:db8:b:3c:2001:db8:1::24::35:64d:5e192.0.2.in-add.34\":2}",
                    "{\".i(p6c:2001:db8:b::::35:64d:5e192.0.2.in-add.34\":2}");
}

Test(mask_json, an_array_of_bytes_is_masked_as_the_text_it_is)
{
    check_json_good("{\"MESSAGE\":[50,48,51,46,48,46,49,49,51,46,50,54]}",
                    "{\"MESSAGE\":[50,48,51,46,48,46,49,49,51,46,48]}");
    check_json_good("[[ 50 , 48, 51, 46, 48, 46, 49, 49, 51, 46, 50, 54 ] ,[255,58,58,49,0]]",
                    "[[50,48,51,46,48,46,49,49,51,46,48] ,[255,58,58,0]]");
    check_json_good("[[1, 2],[],[ ],[256,48],[-1],[48,\"\"],[1.0],[1e2],[203,0,113,26],{\"a\":[1]}]",
                    "[[1, 2],[],[ ],[256,48],[-1],[48,\"\"],[1.0],[1e2],[203,0,113,26],{\"a\":[1]}]");
    check_json("[01]", MASK_JSON_SYNTAX, NULL);
    check_json("[1,]", MASK_JSON_SYNTAX, NULL);
    check_json("[1", MASK_JSON_SYNTAX, NULL);
}

Test(mask_json, a_long_array_of_bytes_is_masked_whole)
{
    enum { FILL = 1500 };
    static struct mask_json scratch = {.prefixes = {MASK_IPV4_DEFAULT, MASK_IPV6_DEFAULT}};
    static const char address[] = " 203.0.113.26 ", masked[] = " 203.0.113.0 ";
    for (size_t before = 480; before < 530; before++) { /* around the piece it is read in */
        char in[4 * FILL], want[4 * FILL], out[8 * FILL + 64];
        size_t n = 0, m = 0, len;
        for (size_t i = 0; i < before; i++, n = m = n + 3)
            memcpy(in + n, i == 0 ? "[65" : ",65", 3);
        memcpy(want, in, n);
        for (size_t i = 0; i + 1 < sizeof address; i++)
            n += (size_t)snprintf(in + n, 5, ",%d", address[i]);
        for (size_t i = 0; i + 1 < sizeof masked; i++)
            m += (size_t)snprintf(want + m, 5, ",%d", masked[i]);
        in[n++] = want[m++] = ']';
        cr_assert_eq(mask_json(&scratch, in, n, out, &len), MASK_JSON_OK);
        assert_bytes(out, len, want, m, "array");
    }
}

Test(mask_json, what_is_refused_can_be_masked_as_text)
{
    static struct mask_json scratch = {.prefixes = {MASK_IPV4_DEFAULT, MASK_IPV6_DEFAULT}};
    static const char in[] =
        "{\"a\":\"\\ud800 192.0.2.33\",[50,48,51,46,48,46,49,49,51,46,50,54],[1] 192.0.2.33";
    static const char want[] =
        "{\"a\":\"\\ud800 192.0.2.0\",[50,48,51,46,48,46,49,49,51,46,48],[1] 192.0.2.0";
    char out[2 * sizeof in + 64];
    assert_bytes(out, mask_json_as_text(&scratch, in, sizeof in - 1, out), want, sizeof want - 1, "as text");
}

Test(mask_wide, other_encodings_are_seen)
{
    static const struct {
        const char *text;
        size_t len;
        bool wide;
    } texts[] = {
        {"\xff\xfe", 2, true},
        {"\xfe\xff", 2, true},
        {"1\0.\0002\0.\0003\0.\0004\0", 14, true},
        {"\0001\0.\0002\0.\0003\0.\0004", 14, true},
        {"1\0\0\0.\0\0\0002\0\0\0.\0\0\0003\0\0\0.\0\0\0004\0\0\0", 28, true},
        {"a\0bc\0de\0fg\0hi\0", 15, false},
        {"\0\0\0\0\0\0\0\0\0192.0.2.33", 19, false},
        {"\xff\xff", 2, false},
        {"192.0.2.33 - - and so on, for longer than sixteen bytes", 55, false},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct mask_wide whole = {0}, single = {0};
        bool seen = false;
        for (size_t at = 0; at < texts[i].len && !seen; at++)
            seen = mask_wide_seen(&single, texts[i].text + at, 1);
        cr_assert_eq(mask_wide_seen(&whole, texts[i].text, texts[i].len), texts[i].wide, "text %zu", i);
        cr_assert_eq(seen, texts[i].wide, "text %zu, byte by byte", i);
    }
}

Test(mask_json, numbers_order_and_white_space_stay)
{
    check_json_good("{\"n\":3221226017}", "{\"n\":3221226017}");
    check_json_good(" { \"b\" : 1.50 ,\r\n\t\"a\" : [ -0 , 1E+05 , true , false , null , { } ] } ",
                    " { \"b\" : 1.50 ,\r\n\t\"a\" : [ -0 , 1E+05 , true , false , null , { } ] } ");
}

Test(mask_json, equal_keys_are_refused)
{
    check_json("{\"a\":1,\"a\":2}", MASK_JSON_TWICE, NULL);
    check_json("{\"192.0.2.33\":1,\"b\":{\"192.0.2.33\":1},\"192.0.2.33\":2}", MASK_JSON_TWICE, NULL);
    check_json("{\"a\":1,\"\\u0061\":2}", MASK_JSON_EQUAL_KEYS, NULL);
    check_json("{\"192.0.2.33\":1,\"192.0.2.34\":2}", MASK_JSON_EQUAL_KEYS, NULL);
    check_json_good("{\"a\":{\"a\":1},\"b\":{\"a\":1}}", "{\"a\":{\"a\":1},\"b\":{\"a\":1}}");
}

Test(mask_json, what_is_no_json_is_refused)
{
    static const char *const bad[] = {
        "",          " ",       "{",       "[1,]",        "{\"a\":1,}", "{a:1}",    "01",
        "1.",        ".5",      "-",       "+1",          "1e",         "nul",      "truefalse",
        "\"",        "\"\\",    "\"\\x\"", "\"\\u12g4\"", "\"\\u12\"",  "\"a\nb\"", "[1 2]",
        "{\"a\" 1}", "{\"a\"}", "1 2",     "]",           "'a'",        "[NaN]",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        check_json(bad[i], MASK_JSON_SYNTAX, NULL);
    check_json("\"\xff\"", MASK_JSON_UTF8, NULL);
    check_json("\"\xc0\xaf\"", MASK_JSON_UTF8, NULL);
    check_json("\"\xed\xa0\x80\"", MASK_JSON_UTF8, NULL);
    check_json("\"\\ud800x\"", MASK_JSON_UTF8, NULL);
    check_json("\"\\ude00\"", MASK_JSON_UTF8, NULL);
    check_json("{\"a\":\"x\\u0000192.0.2.33\"}", MASK_JSON_NUL, NULL);
}

Test(mask_json, nesting_and_members_have_a_ceiling)
{
    char text[16 * 1100], *at = text;
    for (int depth = 31; depth <= 33; depth++) {
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        text[2 * depth] = '\0';
        check_json(text, depth <= MASK_JSON_DEPTH ? MASK_JSON_OK : MASK_JSON_DEEP, text);
    }
    for (int members = 1000; members <= 1001; members++) {
        at = text;
        for (int i = 0; i < members; i++)
            at += snprintf(at, 16, "%c\"%d\":1", i == 0 ? '{' : ',', i);
        memcpy(at, "}", 2);
        static struct mask_json scratch;
        char *out = malloc(mask_room(sizeof text));
        size_t len;
        cr_assert_eq(mask_json(&scratch, text, strlen(text), out, &len),
                     members <= MASK_JSON_MEMBERS ? MASK_JSON_OK : MASK_JSON_WIDE);
        free(out);
    }
}

Test(mask_json, a_long_string_with_escapes_is_masked_whole)
{
    char in[1700], out[2 * 1700 + 64];
    static struct mask_json scratch = {.prefixes = {MASK_IPV4_DEFAULT, MASK_IPV6_DEFAULT}};
    for (size_t before = 480; before < 530; before++) { /* around the piece the decoder works in */
        size_t n = 0, len;
        in[n++] = '"';
        memset(in + n, 'x', before);
        n += before;
        const char tail[] = "\\n192.0.2.33 2001:db8::1\\n\"";
        memcpy(in + n, tail, sizeof tail - 1);
        n += sizeof tail - 1;
        cr_assert_eq(mask_json(&scratch, in, n, out, &len), MASK_JSON_OK);
        assert_bytes(out + 1 + before, len - 1 - before, "\\n192.0.2.0 2001:db8::\\n\"", 25, "tail");
    }
}

Test(mask_lines, blank_lines_count_but_are_left_out)
{
    const char text[] = "{}\n\n \r\n[]\n1";
    struct mask_lines lines = {.at = text, .end = text + sizeof text - 1};
    const char *line;
    size_t len;
    cr_assert(mask_lines_next(&lines, &line, &len) && len == 2 && lines.number == 1);
    cr_assert(mask_lines_next(&lines, &line, &len) && len == 2 && lines.number == 4 && *line == '[');
    cr_assert(mask_lines_next(&lines, &line, &len) && len == 1 && lines.number == 5 && *line == '1');
    cr_assert_not(mask_lines_next(&lines, &line, &len));
}
