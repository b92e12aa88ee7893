import Git
import GitMirror
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

    @Test(arguments: ["https://example.org/jobs.git", "git@example.org:jobs.git", "ssh://git@example.org/jobs.git"])
    func `an address on the network is a remote`(text: String) throws {
        #expect(try RepositoryAddress(text) == .remote(try RemoteAddress(text)))
        #expect(try RepositoryAddress(text).description == text)
    }

    @Test(arguments: ["", "file://elsewhere/srv", "ftp://example.org/jobs.git", "http://example.org/jobs.git"])
    func `any other address is refused with a sentence`(text: String) {
        #expect(throws: AddressError.self) { try RepositoryAddress(text) }
    }

    @Test func `a password is shown nowhere`() throws {
        #expect(
            try RepositoryAddress("https://ann:hidden@example.org/jobs.git").description
                == "https://example.org/jobs.git"
        )
        let error = #expect(throws: AddressError.self) {
            try RepositoryAddress("ssh://ann:hidden@example.org/jobs.git")
        }
        #expect(error?.description.contains("hidden") == false)
    }
}
