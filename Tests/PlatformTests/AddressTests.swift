import Platform
import Testing

@Suite
struct AddressTests {
    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.1.2.3", "10.1.2.3", true),
        ("10.1.2.3", "10.1.2.4", false), ("0.0.0.0/0", "200.1.1.1", true), ("0.0.0.0/0", "::1", false),
        ("172.16.0.0/12", "172.31.255.255", true), ("172.16.0.0/12", "172.32.0.0", false),
        ("192.168.1.128/25", "192.168.1.127", false), ("192.168.1.128/25", "192.168.1.200", true),
        ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::1", false), ("::1", "::1", true),
        ("::/0", "fe80::1", true), ("::/0", "10.0.0.1", false), ("10.0.0.0/8", "::ffff:10.1.1.1", true),
        ("::ffff:10.0.0.1", "10.0.0.1", true), ("fe80::/10", "fe80:0:0:0:1:2:3:4", true), ("1::/16", "1:2::", true),
    ])
    func `a range has the addresses of its prefix`(range: String, address: String, isIn: Bool) throws {
        #expect(try #require(AddressRange(range)).contains(#require(InternetAddress(address))) == isIn)
    }

    @Test(arguments: [
        "", "10", "10.0.0", "10.0.0.0.0", "10.0.0.256", "10.0.0.01", "10.0.0.-1", "10.0.0.0/", "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/8/8", "10.0.0.1/8", "10.0.0.0/+8", "a.b.c.d", "10.0.0.0 /8", " 10.0.0.0", ":", ":::", "1:2",
        "1::2::3",
        "12345::", "g::", "::/129", "2001:db8::1/32", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8:9", "::1%lo", "[::1]",
        "1:2:3:4:5:6:7", "::1.2.3", "1.2.3.4::", "*", "localhost", "::+1",
    ])
    func `what is no range is refused`(text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test(arguments: [
        ("localhost", true), ("LocalHost", true), ("localhost.", true), ("127.0.0.1", true), ("127.8.9.1", true),
        ("::1", true), ("[::1]", true), ("::ffff:127.0.0.1", true), ("", false), ("localhost.example.org", false),
        ("127.0.0.1.example.org", false), ("127.0.0", false), ("127.0.0.01", false), ("[127.0.0.1]", false),
        ("[localhost]", false), ("128.0.0.1", false), ("::2", false), ("[::1", false), ("0.0.0.0", false),
    ])
    func `a loopback host is localhost or a loopback address`(host: String, isLoopback: Bool) {
        #expect(LoopbackHost.contains(host) == isLoopback)
    }
}
