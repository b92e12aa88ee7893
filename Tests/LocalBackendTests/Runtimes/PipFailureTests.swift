import Testing

@testable import LocalBackend

/// The lines are those that pip 23.2 and 25.3 wrote.
@Suite
struct PipFailureTests {
    private static let fetch =
        "2026-11-30T17:43:13,229 Could not fetch URL http://user:pw@index:9/simple/tensorflow-cpu/: "
    private static let none = """

        2026-11-30T17:43:13,300 ERROR: Could not find a version that satisfies the requirement tensorflow-cpu==2.21.0 (from versions: none)
        2026-11-30T17:43:13,301 ERROR: No matching distribution found for tensorflow-cpu==2.21.0
        """
    private static let pool =
        "connection error: HTTPConnectionPool(host='index', port=9): Max retries exceeded with url: /x (Caused by "

    @Test(arguments: [
        (
            fetch + pool
                + "NewConnectionError('<urllib3 object at 0x7f>: Failed to establish a new connection: [Errno 111] Connection refused')) - skipping",
            "[Errno 111] Connection refused"
        ),
        (
            fetch + pool
                + "NameResolutionError('<x>: Failed to resolve: [Errno -2] Name or service not known')) - skipping",
            "[Errno -2] Name or service not known"
        ),
        (
            fetch + pool
                + "ReadTimeoutError(\"HTTPConnectionPool(host='index', port=9): Read timed out. (read timeout=2.0)\")) - skipping",
            "Read timed out"
        ),
        (fetch + pool + "ResponseError('too many 503 error responses')) - skipping", "too many 503 error responses"),
        (
            fetch + "503 Server Error: Service Unavailable for url: http://index:9/simple/tensorflow-cpu/ - skipping",
            "503 Server Error: Service Unavailable"
        ),
        (
            fetch + "403 Client Error: Forbidden for url: http://index:9/simple/tensorflow-cpu/ - skipping",
            "403 Client Error: Forbidden"
        ),
    ])
    func `an index that does not answer is tried again`(line: String, cause: String) {
        let failure = PipFailure(log: line + Self.none, installsTensorFlow: true)
        #expect(failure.mayHeal)
        #expect(failure.message == "the package index does not answer: http://index:9/simple/tensorflow-cpu/: \(cause)")
        // Another index may be away too, while one of them has other versions.
        let other = Self.none.replacing("none", with: "2.20.0")
        #expect(PipFailure(log: line + other, installsTensorFlow: true).mayHeal)
    }

    @Test(arguments: [
        ("2.21.9", ["2.21.0"]), ("2.17.9", ["2.17.1", "2.18.0"]), ("2.3.0", ["2.15.0"]),
    ])
    func `a version that does not exist is final, and the nearest are named`(version: String, nearest: [String]) {
        let log = """
            2026-11-30T17:43:13,300 ERROR: Could not find a version that satisfies the requirement tensorflow-cpu==\(version) (from versions: 2.18.0rc0, 2.15.0, 2.17.0, 2.17.1, 2.18.0, 2.21.0)
            2026-11-30T17:43:13,301 ERROR: No matching distribution found for tensorflow-cpu==\(version)
            """
        let failure = PipFailure(log: log, installsTensorFlow: true)
        #expect(!failure.mayHeal)
        #expect(
            failure.message == """
                Could not find a version that satisfies the requirement tensorflow-cpu==\(version): \
                the nearest versions are \(nearest.joined(separator: " and "))
                """
        )
    }

    @Test
    func `a package that the index does not have is a wrong name, and TensorFlow a wrong index`() {
        let log = Self.fetch + "404 Client Error: Not Found for url: http://index:9/simple/x/ - skipping" + Self.none
        let index = PipFailure(log: log, installsTensorFlow: true)
        #expect(index.mayHeal)
        #expect(index.message.hasSuffix("the package index has no tensorflow-cpu; check PIP_INDEX_URL"))
        let name = PipFailure(log: log, installsTensorFlow: false)
        #expect(!name.mayHeal)
        #expect(name.message.hasSuffix("the package index has no tensorflow-cpu; check the name"))
        #expect(!PipFailure(log: Self.none, installsTensorFlow: true).mayHeal)
    }

    @Test(arguments: [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", true),
        (
            "ERROR: Exception:\nTraceback (most recent call last):\nurllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool(host='x', port=443): Read timed out.",
            true
        ),
        ("", true),
        (
            "ERROR: Cannot install a==1 and b==2 because these package versions have conflicting dependencies.\nERROR: ResolutionImpossible: for help",
            false
        ),
        ("ERROR: Invalid requirement: 'a=1'", false),
    ])
    func `a failure of pip says whether a later try may succeed`(log: String, mayHeal: Bool) {
        let failure = PipFailure(log: log, installsTensorFlow: false)
        #expect(failure.mayHeal == mayHeal)
        #expect(!failure.message.isEmpty && failure.message != "ERROR: Exception:")
    }
}
