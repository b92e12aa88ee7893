import Git
import GitMirror
import Testing

@Suite struct RemoteAddressTests {
    @Test(
        arguments: [
            ("https://example.org/jobs.git", "https://example.org/jobs.git"),
            ("HTTPS://example.org:8443/a/b", "https://example.org:8443/a/b"),
            ("https://[::1]:8443/a", "https://[::1]:8443/a"),
            ("https://ann:secret@example.org/jobs.git", "https://example.org/jobs.git"),
            ("https://secret@example.org/jobs.git", "https://example.org/jobs.git"),
            ("https://ann:se@cret@example.org/jobs.git", "https://example.org/jobs.git"),
            ("http://127.0.0.1:8080/jobs.git", "http://127.0.0.1:8080/jobs.git"),
            ("http://localhost/jobs.git", "http://localhost/jobs.git"),
            ("http://[::1]/jobs.git", "http://[::1]/jobs.git"),
            ("ssh://git@example.org:2222/srv/jobs.git", "ssh://git@example.org:2222/srv/jobs.git"),
            ("git+ssh://example.org/srv/jobs.git", "ssh://example.org/srv/jobs.git"),
            ("git@example.org:team/jobs.git", "git@example.org:team/jobs.git"),
            ("git@[::1]:jobs.git", "git@[::1]:jobs.git"),
            ("example.org:jobs.git", "example.org:jobs.git"),
        ] as [(String, String)]
    )
    func `it is shown without credentials`(text: String, shown: String) throws {
        #expect(RemoteAddress.hasForm(text))
        #expect(try RemoteAddress(text).description == shown)
    }

    @Test(arguments: [
        "ftp://example.org/x", "git://example.org/x", "ext::sh -c true", "ext::true", "https://", "https:///x",
        "https://example.org", "https://example.org/", "https://example.org:0/x", "https://example.org:99999/x",
        "https://example.org/x?a=b", "https://exa mple.org/x", "https://example.org/x\ny", "https://-o/x",
        "http://example.org/x", "http://127.0.0.1.example.org/x", "http://localhost.example.org/x",
        "ssh://-oProxyCommand=x/y", "ssh://-x@example.org/y", "-oProxyCommand=x:y", "@example.org:x", "example.org:",
        "https://exa'mple.org/x", "ssh://example.org;id/x",
    ])
    func `any other is refused with a sentence`(text: String) {
        let error = #expect(throws: AddressError.self) { try RemoteAddress(text) }
        #expect(error.map { $0.description.count > 20 } == true)
    }

    @Test(arguments: [
        "ssh://ann:hidden@example.org/x", "http://ann:hidden@example.org/x", "ftp://hidden@example.org/x",
        "https://ann:hidden@/x", "https://ann:hidden@example.org:99999/x", "ann:hidden@example.org/x",
        "https://ann:hidden@example.org/white space",
    ])
    func `a password is not in the sentence either`(text: String) {
        let error = #expect(throws: AddressError.self) { try RemoteAddress(text) }
        #expect(error?.description.contains("hidden") == false)
    }

    @Test func `a password is in no dump either`() throws {
        let address = try RemoteAddress("https://hidden-user:hidden-password@example.org/x")
        var text = "\(address) \(String(reflecting: address))"
        dump(address, to: &text)
        #expect(!text.contains("hidden"))
    }

    @Test(arguments: ["/srv/jobs.git", "jobs.git", "./a:b", "../a:b", "/a:b", "folder/a:b"])
    func `a path has not its form`(text: String) {
        #expect(!RemoteAddress.hasForm(text))
    }
}
