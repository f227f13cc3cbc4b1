// Libraries that others wrote for transparency logs, put against Galley's own code: those of Go's module database for
// signed notes, tiles and proofs, and that of transparency-dev for cosignatures. They read a mirror, ask our witness for
// cosignatures, and are a witness that our service asks.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"

	cosignatures "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

func main() {
	var told any
	var err error
	switch args := os.Args[2:]; os.Args[1] {
	case "verify":
		told, err = verify(args[0], args[1], args[2:])
	case "submit":
		told, err = submit(args[0], args[1], args[2])
	case "keys":
		told, err = keys(args[0])
	case "witness":
		err = serveWitness(args[0], args[1], args[2])
	default:
		err = errors.New("no such command")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	say(told)
}

func say(told any) {
	line, _ := json.Marshal(told)
	fmt.Println(string(line))
}

func keys(name string) (any, error) {
	skey, vkey, err := note.GenerateKey(nil, name)
	return map[string]string{"private": skey, "public": vkey}, err
}

// tiles reads tiles of hashes as C2SP tlog-tiles lays them out: the path of Go's own databases without the height.
type tiles struct{ dir string }

func (t tiles) Height() int                         { return tileHeight }
func (t tiles) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var read [][]byte
	for _, tile := range wanted {
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight), "tile/", 1)
		data, err := os.ReadFile(filepath.Join(t.dir, path))
		if err != nil {
			return nil, err
		}
		read = append(read, data)
	}
	return read, nil
}

func verifiers(logKey string, witnessKeys []string) (note.Verifiers, error) {
	log, err := note.NewVerifier(logKey)
	if err != nil {
		return nil, err
	}
	list := []note.Verifier{log}
	for _, key := range witnessKeys {
		witness, err := cosignatures.NewVerifierForCosignatureV1(key)
		if err != nil {
			return nil, err
		}
		list = append(list, witness)
	}
	return note.VerifierList(list...), nil
}

type verified struct {
	Origin     string   `json:"origin"`
	Size       int64    `json:"size"`
	SignedBy   []string `json:"signedBy"`
	Records    int64    `json:"records"`
	Inclusions int64    `json:"inclusions"`
	Prefixes   int64    `json:"prefixes"`
}

// verify opens the checkpoint of a mirror, and holds every entry, and every earlier tree, against the signed root.
func verify(dir, logKey string, witnessKeys []string) (any, error) {
	known, err := verifiers(logKey, witnessKeys)
	if err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return nil, err
	}
	opened, err := note.Open(raw, known)
	if err != nil {
		return nil, err
	}
	var told verified
	for _, sig := range opened.Sigs {
		told.SignedBy = append(told.SignedBy, sig.Name)
	}
	lines := strings.Split(opened.Text, "\n")
	told.Origin = lines[0]
	if _, err := fmt.Sscanf(lines[1], "%d", &told.Size); err != nil {
		return nil, err
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return nil, err
	}
	hashes := tlog.TileHashReader(tlog.Tree{N: told.Size, Hash: root}, tiles{dir})
	if err := verifyEntries(dir, &told, root, hashes); err != nil {
		return nil, err
	}
	for size := int64(1); size < told.Size; size += 1 + told.Size/40 {
		earlier, err := tlog.TreeHash(size, hashes)
		if err != nil {
			return nil, err
		}
		proof, err := tlog.ProveTree(told.Size, size, hashes)
		if err != nil {
			return nil, err
		}
		if err := tlog.CheckTree(proof, told.Size, root, size, earlier); err != nil {
			return nil, err
		}
		told.Prefixes++
	}
	return told, nil
}

func verifyEntries(dir string, told *verified, root tlog.Hash, hashes tlog.HashReader) error {
	for start := int64(0); start < told.Size; start += 1 << tileHeight {
		width := min(told.Size-start, 1<<tileHeight)
		path := fmt.Sprintf("tile/entries/%03d", start>>tileHeight)
		if width < 1<<tileHeight {
			path += fmt.Sprintf(".p/%d", width)
		}
		bundle, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return err
		}
		for ; len(bundle) > 0; told.Records++ {
			length := int(binary.BigEndian.Uint16(bundle))
			record := tlog.RecordHash(bundle[2 : 2+length])
			bundle = bundle[2+length:]
			proof, err := tlog.ProveRecord(told.Size, told.Records, hashes)
			if err != nil {
				return err
			}
			if err := tlog.CheckRecord(proof, told.Size, root, told.Records, record); err != nil {
				return err
			}
			told.Inclusions++
		}
	}
	return nil
}

// submit grows a log of its own, and has our witness cosign it.
func submit(address, origin, witnessKey string) (any, error) {
	signer, err := note.NewSigner(os.Getenv("LOG_KEY"))
	if err != nil {
		return nil, err
	}
	known, err := verifiers(os.Getenv("LOG_PUBLIC_KEY"), []string{witnessKey})
	if err != nil {
		return nil, err
	}
	var stored []tlog.Hash
	hashes := tlog.HashReaderFunc(func(indexes []int64) (found []tlog.Hash, err error) {
		for _, index := range indexes {
			found = append(found, stored[index])
		}
		return found, nil
	})
	old, size, sizes := int64(0), int64(0), []int64{}
	for _, next := range []int64{5, 5, 64, 700} {
		for ; size < next; size++ {
			added, err := tlog.StoredHashes(size, []byte(fmt.Sprintf("record %d", size)), hashes)
			if err != nil {
				return nil, err
			}
			stored = append(stored, added...)
		}
		checkpoint, err := signedTree(origin, size, hashes, signer)
		if err != nil {
			return nil, err
		}
		status, lines, err := addCheckpoint(address, old, checkpoint, hashes, size)
		if err != nil || status != http.StatusOK {
			return nil, fmt.Errorf("the witness answered %d: %v", status, err)
		}
		opened, err := note.Open([]byte(string(checkpoint)+lines), known)
		if err != nil {
			return nil, err
		}
		if len(opened.Sigs) != 2 {
			return nil, fmt.Errorf("%d signatures verify, not 2", len(opened.Sigs))
		}
		old = size
		sizes = append(sizes, size)
	}
	checkpoint, err := signedTree(origin, size, hashes, signer)
	if err != nil {
		return nil, err
	}
	status, held, err := addCheckpoint(address, 0, checkpoint, hashes, size)
	return map[string]any{"sizes": sizes, "conflict": status, "held": held}, err
}

func addCheckpoint(address string, old int64, checkpoint []byte, hashes tlog.HashReader, size int64) (int, string, error) {
	body := fmt.Sprintf("old %d\n", old)
	if old > 0 && old < size {
		proof, err := tlog.ProveTree(size, old, hashes)
		if err != nil {
			return 0, "", err
		}
		for _, node := range proof {
			body += base64.StdEncoding.EncodeToString(node[:]) + "\n"
		}
	}
	answer, err := http.Post(address+"/add-checkpoint", "text/plain", strings.NewReader(body+"\n"+string(checkpoint)))
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	lines, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(lines), err
}

func signedTree(origin string, size int64, hashes tlog.HashReader, signer note.Signer) ([]byte, error) {
	root, err := tlog.TreeHash(size, hashes)
	if err != nil {
		return nil, err
	}
	text := fmt.Sprintf("%s\n%d\n%s\n", origin, size, root)
	return note.Sign(&note.Note{Text: text}, signer)
}

// serveWitness is a witness of one log, on loopback, until it is killed: the libraries open notes, check proofs and sign.
func serveWitness(skey, vkey, logKey string) error {
	signer, err := cosignatures.NewSignerForCosignatureV1(skey)
	if err != nil {
		return err
	}
	known, err := verifiers(logKey, nil)
	if err != nil {
		return err
	}
	var mutex sync.Mutex
	latest := tlog.Tree{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	http.HandleFunc("POST /add-checkpoint", func(w http.ResponseWriter, r *http.Request) {
		mutex.Lock()
		defer mutex.Unlock()
		body, _ := io.ReadAll(r.Body)
		head, raw, _ := strings.Cut(string(body), "\n\n")
		opened, err := note.Open([]byte(raw), known)
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		next, old, proof, err := parseRequest(head, opened.Text)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if old != latest.N {
			w.Header().Set("Content-Type", "text/x.tlog.size")
			w.WriteHeader(http.StatusConflict)
			fmt.Fprintf(w, "%d\n", latest.N)
			return
		}
		if old > 0 {
			if err := tlog.CheckTree(proof, next.N, next.Hash, old, latest.Hash); err != nil {
				http.Error(w, err.Error(), http.StatusUnprocessableEntity)
				return
			}
		}
		signed, err := note.Sign(&note.Note{Text: opened.Text}, signer)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		latest = next
		_, lines, _ := strings.Cut(string(signed), "\n\n")
		fmt.Fprint(w, lines)
	})
	say(map[string]string{"listening": listener.Addr().String(), "verifierKey": vkey})
	return http.Serve(listener, nil)
}

func parseRequest(head, text string) (next tlog.Tree, old int64, proof tlog.TreeProof, err error) {
	lines := strings.Split(head, "\n")
	if _, err = fmt.Sscanf(lines[0], "old %d", &old); err != nil {
		return
	}
	for _, line := range lines[1:] {
		var node tlog.Hash
		if node, err = tlog.ParseHash(line); err != nil {
			return
		}
		proof = append(proof, node)
	}
	fields := strings.Split(text, "\n")
	if _, err = fmt.Sscanf(fields[1], "%d", &next.N); err != nil {
		return
	}
	next.Hash, err = tlog.ParseHash(fields[2])
	return
}
