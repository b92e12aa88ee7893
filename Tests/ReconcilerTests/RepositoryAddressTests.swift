import Reconciler
import Testing

@Suite
struct RepositoryAddressTests {
    @Test(
        arguments: [
            ("/srv/jobs.git", "/srv/jobs.git"),
            ("/srv/../srv/jobs.git/", "/srv/jobs.git"),
            ("file:///srv/jobs.git", "/srv/jobs.git"),
            ("file://localhost/srv/my%20jobs.git", "/srv/my jobs.git"),
        ] as [(String, String)]
    )
    func `a path and a file URL are read in place`(text: String, path: String) throws {
        #expect(try RepositoryAddress(text) == .local(path: path))
    }

    @Test(arguments: [
        "", "https://example.org/jobs.git", "git@example.org:jobs.git", "ssh://a/b", "file://elsewhere/srv",
    ])
    func `any other address is refused with a sentence`(text: String) {
        #expect(throws: AddressError.self) { try RepositoryAddress(text) }
    }
}
