import Testing

@testable import RESTView

@Suite
struct PublicAddressTests {
    @Test(arguments: [
        ("file:///srv/git/jobs.git", "file:///.../jobs.git"), ("/srv/git/jobs.git/", "file:///.../jobs.git"),
        ("file:///", "file:///"), ("https://u:p@h.example/a/b.git", "https://h.example/a/b.git"),
        ("https://token@h.example:8443/b.git?private_token=x#y", "https://h.example:8443/b.git"),
        ("ssh://git@h.example:22/b.git", "ssh://h.example:22/b.git"), ("https://u:p@h/ b", "https://h/%20b"),
        ("git@h.example:team/b.git", "h.example:team/b.git"), ("u:p@h.example:b.git", "h.example:b.git"),
        ("u@h/a:b", nil), ("nonsense", nil), ("", nil),
    ])
    func `an address without what is nobody's business`(address: String, shown: String?) {
        #expect(PublicAddress.of(address) == shown)
    }
}
